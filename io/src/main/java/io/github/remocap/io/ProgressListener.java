package io.github.remocap.io;

/** Hears how far a long write has come. */
@FunctionalInterface
public interface ProgressListener {
    /** Hears nothing. */
    ProgressListener NONE = (name, done, total) -> {};

    /**
     * Called after each piece of a tensor (some tens of megabytes at most), on the writing thread.
     *
     * @param tensor the tensor being written
     * @param doneBytes bytes of tensor data written so far, over all tensors
     * @param totalBytes bytes of tensor data in total
     */
    void progress(String tensor, long doneBytes, long totalBytes);
}
