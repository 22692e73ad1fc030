package io.github.remocap.tornado.lower;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of work for some work-groups of a task.
 *
 * @param kind of the task
 * @param groups work-groups
 * @param label the op and the module
 * @param flops multiplications and additions, 0 where nobody counts them
 * @param bytes read and written at least
 * @param reads buffers
 * @param writes buffers
 * @param description appends what the kernel must know, once buffers have places
 */
public record Job(Kind kind, int groups, String label, long flops, long bytes, List<Buffer> reads, List<Buffer> writes, Description description) {
    /** What a kernel reads about its job. */
    @FunctionalInterface
    public interface Description {
        /** Appends the words. */
        void write(Words words);
    }

    /** Buffers without those that are not there. */
    static List<Buffer> list(@Nullable Buffer... buffers) {
        List<Buffer> list = new ArrayList<>();
        for (Buffer b : buffers) {
            if (b != null) {
                list.add(b);
            }
        }
        return list;
    }
}
