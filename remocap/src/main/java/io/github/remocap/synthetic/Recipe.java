package io.github.remocap.synthetic;

import java.util.Locale;

/**
 * What a generated data set is made of. The same recipe makes the same data set.
 *
 * @param train sequences for training
 * @param validation sequences of the same kinds of motion, with other persons and places
 * @param test sequences of other kinds of motion
 * @param frames of a sequence
 * @param size side of the pictures in pixels
 * @param framesPerSecond of the sequences
 * @param clutter how much there is besides the person, 0 (an empty room) to 1: things, bystanders, what crosses in front
 * @param turned how far persons turn away from the camera, 0 (they face it) to 1 (some show their side or back)
 * @param variety how much clothes, places and the height of the camera differ, 0 (everybody wears the same before a plain wall) to 1
 * @param seed of everything random
 */
public record Recipe(int train, int validation, int test, int frames, int size, double framesPerSecond, double clutter, double turned,
    double variety, long seed) {
    /** @throws IllegalArgumentException naming the number that is out of range */
    public Recipe {
        require(train >= 0 && validation >= 0 && test >= 0 && (long) train + validation + test > 0, "sequences", "0 or more, and at least one in all");
        require(frames >= 1 && frames <= 100_000, "frames", "1 to 100000");
        require(size >= 32 && size <= 2048, "size", "32 to 2048 pixels");
        require(clutter >= 0 && clutter <= 1, "clutter", "0 to 1");
        require(turned >= 0 && turned <= 1, "turned", "0 to 1");
        require(variety >= 0 && variety <= 1, "variety", "0 to 1");
        require(framesPerSecond >= 1 && framesPerSecond <= 1000, "fps", "1 to 1000");
    }

    private static void require(boolean holds, String what, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(what + ": expected " + expected);
        }
    }

    /** Frames of all sequences. */
    public long allFrames() {
        return ((long) train + validation + test) * frames;
    }

    /** For example {@code train 200, validation 20, test 20, frames 24, size 256, fps 15.0, clutter 1.0, turned 1.0, variety 1.0, seed 0}. */
    public String describe() {
        return String.format(Locale.ROOT, "train %d, validation %d, test %d, frames %d, size %d, fps %s, clutter %s, turned %s, variety %s, seed %d", train, validation, test, frames, size,
            framesPerSecond, clutter, turned, variety, seed);
    }
}
