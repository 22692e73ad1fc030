/**
 * Networks as ONNX files: the op graph in ONNX's operators, for other runtimes. The part of the format that is written is in
 * {@code onnx.proto}; its generated classes stay behind this package. In may come operators that a graph needs. Out stays reading ONNX,
 * and what inputs and outputs mean.
 */
@NullMarked
package io.github.remocap.io.onnx;

import org.jspecify.annotations.NullMarked;
