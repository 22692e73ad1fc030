package io.github.remocap.autograd;

/**
 * A factor on the learning rate by step or epoch, counted from 0: a pure function, so that a resume needs nothing but the count.
 * Each gives what PyTorch's scheduler of that name leaves in the optimiser before step t.
 */
@FunctionalInterface
public interface Schedule {
    /** The factor of step (or epoch) t. */
    double factor(long t);

    /** 1 throughout. */
    static Schedule constant() {
        return t -> 1;
    }

    /** {@code StepLR}: times gamma after each {@code size} steps. */
    static Schedule step(long size, double gamma) {
        positive(size);
        return t -> Math.pow(gamma, Math.floorDiv(t, size));
    }

    /**
     * {@code CosineAnnealingLR}: from 1 down to {@code least} at step {@code length} (and up again after it).
     *
     * @param least PyTorch's {@code eta_min} divided by the initial rate
     */
    static Schedule cosine(long length, double least) {
        positive(length);
        return t -> least + (1 - least) * (1 + Math.cos(Math.PI * t / length)) / 2;
    }

    /** {@code LinearLR}: from {@code first} at step 0 to 1 at step {@code length}, then 1. */
    static Schedule warmup(long length, double first) {
        positive(length);
        return t -> first + (1 - first) * Math.min(t, length) / length;
    }

    /** {@code ChainedScheduler}: the product of this and another. */
    default Schedule times(Schedule other) {
        return t -> factor(t) * other.factor(t);
    }

    /** {@code SequentialLR}: this before step {@code milestone}, then the other, whose count begins with 0 there. */
    default Schedule until(long milestone, Schedule other) {
        return t -> t < milestone ? factor(t) : other.factor(t - milestone);
    }

    private static void positive(long length) {
        if (length < 1) {
            throw new IllegalArgumentException("a schedule needs a positive number of steps, not " + length);
        }
    }
}
