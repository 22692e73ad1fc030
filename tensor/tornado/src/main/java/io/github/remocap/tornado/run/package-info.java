/**
 * Programs on the device: its two arrays and who owns which part of them, copies to and from it, task graphs, parameters that programs share. What may
 * come in: everything that calls TornadoVM's runtime. What may not: knowledge of ops.
 */
@NullMarked
package io.github.remocap.tornado.run;

import org.jspecify.annotations.NullMarked;
