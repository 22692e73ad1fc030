package io.github.remocap.tornado.lower;

/** Floats in the device's memory, placed once all tasks are known; or a part of such a buffer. */
public final class Buffer {
    /** What decides where a buffer lies. */
    public enum Home {
        /** Shares memory with buffers that are not alive at the same time. */
        SLAB,
        /** Keeps its memory: written by the host, read at any run. */
        INPUT,
        /** Keeps its memory: read by the host. */
        OUTPUT,
        /** Keeps its memory: written once. */
        CONSTANT,
        /** A parameter's, shared by all programs of the device. */
        PARAMETER
    }

    private final Home home;
    private final Buffer root;
    private final long shift;
    private final long floats;
    private final String label;
    private long place = -1;
    private int first = Integer.MAX_VALUE;
    private int last = -1;

    private Buffer(Home home, long floats, String label, @org.jspecify.annotations.Nullable Buffer root, long shift) {
        this.home = home;
        this.floats = floats;
        this.label = label;
        this.root = root == null ? this : root;
        this.shift = shift;
    }

    /** A new buffer. */
    static Buffer of(Home home, long floats, String label) {
        return new Buffer(home, Math.max(1, floats), label, null, 0);
    }

    /** A parameter's, which has its place already. */
    public static Buffer parameter(long floats, String label, long place) {
        Buffer b = of(Home.PARAMETER, floats, label);
        b.place(place);
        return b;
    }

    /** A part of this buffer. */
    Buffer view(long from, long count) {
        return new Buffer(home, Math.max(1, count), label, root, shift + from);
    }

    /** Where it lives. */
    public Home home() {
        return home;
    }

    /** The buffer that this is a part of, or itself. */
    Buffer root() {
        return root;
    }

    /** Elements. */
    public long floats() {
        return floats;
    }

    /** The op and the module that write it. */
    public String label() {
        return label;
    }

    /** Says where it lies. */
    public void place(long offset) {
        root.place = offset;
    }

    /** Offset in the device's array. */
    public int at() {
        if (root.place < 0) {
            throw new IllegalStateException("the buffer of " + label + " has no place");
        }
        return Math.toIntExact(root.place + shift);
    }

    /** Says that a task uses it. */
    void touch(int task) {
        root.first = Math.min(root.first, task);
        root.last = Math.max(root.last, task);
    }

    /** The first task that uses it. */
    public int first() {
        return root.first;
    }

    /** The last task that uses it, -1 if there is none. */
    public int last() {
        return root.last;
    }
}
