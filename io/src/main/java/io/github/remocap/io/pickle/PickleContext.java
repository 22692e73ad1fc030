package io.github.remocap.io.pickle;

import io.github.remocap.io.CorruptFileException;

/** What a constructor may ask of the machine that calls it. */
@FunctionalInterface
public interface PickleContext {
    /**
     * Accounts for memory about to be allocated; to be called before allocating anything larger than a few objects,
     * because a short pickle can ask for the same large copy a million times.
     *
     * @throws CorruptFileException if that is more than is credible for the file
     */
    void charge(long bytes, String what) throws CorruptFileException;
}
