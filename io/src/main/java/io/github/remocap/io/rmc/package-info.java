/**
 * RemoCap's own checkpoint, {@code .rmc}: a stream of length-delimited protobuf records, each with a checksum, tensor data
 * aligned for mapping. The format is described in {@code rmc.proto}; its generated classes stay behind this package.
 * In may come new kinds of metadata. Out stays what the metadata and tensor names mean: optimisers, schedules, models.
 * A change that old readers cannot follow raises the version in the header.
 */
@NullMarked
package io.github.remocap.io.rmc;

import org.jspecify.annotations.NullMarked;
