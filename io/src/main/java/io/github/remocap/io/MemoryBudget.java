package io.github.remocap.io;

/**
 * How much memory a file may cause to be allocated beside its own bytes. A few honest kilobytes can describe terabytes
 * (expanded views, arrays sharing one buffer, deflated zeros); a budget in proportion to the file ends that.
 */
public final class MemoryBudget {
    private static final long FREE = 256L << 20;

    private final long limit;
    private long used;

    private MemoryBudget(long limit) {
        this.limit = limit;
    }

    /** 256 MiB plus {@code factor} bytes for each byte of the file. */
    public static MemoryBudget of(long fileBytes, int factor) {
        long scaled = fileBytes > Long.MAX_VALUE / 2 / factor ? Long.MAX_VALUE / 2 : fileBytes * factor;
        return new MemoryBudget(FREE + scaled);
    }

    /**
     * Takes {@code bytes} from the budget; to be called before they are allocated.
     *
     * @throws CorruptFileException if the budget does not cover them
     */
    public void charge(long bytes, Location location, long offset, String what) throws CorruptFileException {
        if (bytes < 0 || bytes > limit - used) {
            throw location.corrupt(offset, what + " would need " + bytes + " bytes, more than is credible for this file ("
                + (limit - used) + " of " + limit + " left)");
        }
        used += bytes;
    }
}
