package io.github.remocap.tensor.vector;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** When steps run: collects them with the buffers that they touch, then decides on waves, the lives of buffers, and who has which shared array. */
final class Schedule {
    private final List<Step> steps = new ArrayList<>();
    private final List<List<Buffer>> touched = new ArrayList<>();
    private List<Buffer> next = new ArrayList<>();
    private int[] waves = {};

    /** The next step reads or writes the buffer. One that it writes and did not create comes last. */
    void touch(Buffer b) {
        next.add(b);
    }

    /** A step behind the others. */
    void add(Step step) {
        steps.add(step);
        touched.add(next);
        next = new ArrayList<>();
    }

    /** The steps; once arranged, in an order in which they can run one by one. */
    List<Step> steps() {
        return steps;
    }

    /** What runs one after the other. */
    Step[] waves() {
        return Wave.of(steps, waves);
    }

    /**
     * Decides.
     *
     * @param together whether steps that do not wait for each other run as one; else all go one by one
     */
    void arrange(boolean together) {
        int[] wave = together ? Wave.earliest(touched) : IntStream.range(0, steps.size()).toArray();
        List<Integer> order = IntStream.range(0, steps.size()).boxed().sorted(Comparator.comparingInt(i -> wave[i])).toList();
        List<Step> inOrder = order.stream().map(steps::get).toList();
        waves = order.stream().mapToInt(i -> wave[i]).toArray();
        for (int i = 0; i < wave.length; i++) {
            for (Buffer b : touched.get(i)) {
                b.touch(wave[i]);
            }
        }
        steps.clear();
        steps.addAll(inOrder);
        share();
    }

    /** Gives each shared array a slot that no other has during its life. */
    private void share() {
        List<Integer> taken = new ArrayList<>(); // the last wave that uses a slot
        Map<Buffer, Integer> slots = new HashMap<>();
        for (Step step : steps) {
            Buffer shared = step.shared;
            if (shared != null) {
                step.slot = slots.computeIfAbsent(shared, b -> slot(taken, b));
            }
        }
    }

    private static int slot(List<Integer> taken, Buffer shared) {
        int slot = 0;
        while (slot < taken.size() && taken.get(slot) >= shared.first) {
            slot++;
        }
        if (slot == taken.size()) {
            taken.add(shared.last);
        } else {
            taken.set(slot, shared.last);
        }
        return slot;
    }
}
