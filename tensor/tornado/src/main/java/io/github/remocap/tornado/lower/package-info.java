/**
 * From an optimized graph to tasks: which jobs a node becomes, which jobs share a task, where buffers lie. What may come in: reading the op
 * language, planning. What may not: calls of TornadoVM that run or compile anything; everything here can be tested without a device.
 */
@NullMarked
package io.github.remocap.tornado.lower;

import org.jspecify.annotations.NullMarked;
