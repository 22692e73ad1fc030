package io.github.remocap.train;

import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.util.Map;

/**
 * Clips with their truth. Arrays of a clip by name, row-major float32: {@code images} {@code [S,H,W,3]}, ImageNet-normalised, and the
 * truth of the losses, with one row for each of the S frames. Any number of threads may load at once.
 */
public interface ClipSource extends AutoCloseable {
    /** Name of the images among the arrays. */
    String IMAGES = "images";

    /** Number of clips. */
    int size();

    /** Shapes of a clip's arrays by name, the same for all clips. */
    Map<String, Shape> shapes();

    /**
     * The arrays of a clip.
     *
     * @param clip in [0, size)
     * @throws IOException if it cannot be read
     */
    Map<String, float[]> load(int clip) throws IOException;

    /**
     * The arrays of a clip in an epoch; those of sources that change clips at random depend on it.
     *
     * @param clip in [0, size)
     * @param epoch from 0
     * @throws IOException if it cannot be read
     */
    default Map<String, float[]> load(int clip, long epoch) throws IOException {
        return load(clip);
    }

    /** Where a clip comes from, for messages. */
    String describe(int clip);

    @Override
    void close();

    /**
     * The order of clips in an epoch: a shuffle that depends on seed and epoch alone.
     *
     * @param clips number of clips
     */
    static int[] order(int clips, long seed, long epoch) {
        int[] order = new int[clips];
        for (int i = 0; i < clips; i++) {
            order[i] = i;
        }
        long stream = CounterRandom.stream(CounterRandom.mix(seed ^ CounterRandom.key("clips")), epoch);
        for (int i = clips - 1; i > 0; i--) {
            int j = (int) (CounterRandom.uniform(stream, i) * (i + 1));
            int other = order[j];
            order[j] = order[i];
            order[i] = other;
        }
        return order;
    }
}
