package io.github.remocap.tornado.lower;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Grows the code of a program, whose first word will be at a known place. */
public final class Words {
    private final int base;
    private int[] words = new int[1024];
    private int size;

    /** Code that will be at a place of the device's code. */
    public Words(int base) {
        this.base = base;
    }

    /** Appends. */
    public Words add(int... more) {
        if (size + more.length > words.length) {
            words = Arrays.copyOf(words, Math.max(2 * words.length, size + more.length));
        }
        System.arraycopy(more, 0, words, size, more.length);
        size += more.length;
        return this;
    }

    /** Appends where a buffer is, -1 for none. */
    public Words at(@Nullable Buffer buffer) {
        return add(buffer == null ? -1 : buffer.at());
    }

    /** Where the next word will be on the device. */
    public int here() {
        return base + size;
    }

    /** Changes a word. */
    public void set(int place, int word) {
        words[place - base] = word;
    }

    /** Number of words. */
    public int size() {
        return size;
    }

    /** All words. */
    public int[] toArray() {
        return Arrays.copyOf(words, size);
    }
}
