package io.github.remocap.tensor.vector;

import org.jspecify.annotations.Nullable;

/** A piece of native memory with a life within a program; its address is known once memory is planned. */
final class Buffer {
    final long bytes;
    /** The buffer whose memory this one shows, if it has none of its own. */
    final @Nullable Buffer of;
    private final long offset;
    private long address;
    /** First and last step that touch it; -1 and MAX_VALUE where it must hold its content between runs. */
    int first = Integer.MAX_VALUE;
    int last = -1;

    private Buffer(long bytes, @Nullable Buffer of, long offset, long address) {
        this.bytes = bytes;
        this.of = of;
        this.offset = offset;
        this.address = address;
    }

    /** Memory of the slab. */
    static Buffer planned(long bytes) {
        return new Buffer(bytes, null, 0, 0);
    }

    /** Memory that exists already: a parameter, a packed weight. */
    static Buffer fixed(long bytes, long address) {
        return new Buffer(bytes, null, 0, address);
    }

    /** A part of another buffer. */
    Buffer view(long byteOffset, long size) {
        return new Buffer(size, this, byteOffset, 0);
    }

    /** The buffer that has the memory. */
    Buffer root() {
        return of == null ? this : of.root();
    }

    boolean isFixed() {
        return of == null ? address != 0 : of.isFixed();
    }

    void place(long at) {
        address = at;
    }

    void touch(int step) {
        first = Math.min(first, step);
        last = Math.max(last, step);
        if (of != null) {
            of.touch(step);
        }
    }

    /** Address of the first byte. */
    long at() {
        return of == null ? address : of.at() + offset;
    }
}
