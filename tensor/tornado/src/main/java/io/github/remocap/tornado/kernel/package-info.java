/**
 * What runs on the device: one static method for each kind of task, compiled by TornadoVM for OpenCL, PTX, SPIR-V, CUDA or Metal. What may come
 * in: kernels over the device's two arrays, in the part of Java that TornadoVM translates (no objects, no exceptions, no NaN constants).
 * What may not: anything that runs on the host. A kernel takes its sizes from a table of jobs, so that one compiled kernel serves every shape
 * and one launch many layers.
 */
@NullMarked
package io.github.remocap.tornado.kernel;

import org.jspecify.annotations.NullMarked;
