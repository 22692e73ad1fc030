package io.github.remocap.tensor.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Steps that do not wait for each other, as one: workers that find no unit left in one of them go on with the next, so that small layers of one
 * branch of a network fill the gaps that others leave.
 */
final class Wave extends Step {
    private final Step[] members;
    private final int[] ends;

    private Wave(List<Step> members) {
        this.members = members.toArray(new Step[0]);
        // Small units last: they even out when the workers are done.
        Arrays.sort(this.members, Comparator.comparingLong((Step s) -> -s.flops / s.units()));
        this.ends = new int[this.members.length];
        int end = 0;
        for (int i = 0; i < ends.length; i++) {
            end = Math.addExact(end, this.members[i].units());
            ends[i] = end;
        }
    }

    /** Steps in order of their waves, each wave one step. */
    static Step[] of(List<Step> steps, int[] waves) {
        List<Step> all = new ArrayList<>();
        for (int i = 0; i < steps.size(); ) {
            int end = i + 1;
            while (end < steps.size() && waves[end] == waves[i]) {
                end++;
            }
            all.add(end == i + 1 ? steps.get(i) : new Wave(steps.subList(i, end)));
            i = end;
        }
        return all.toArray(new Step[0]);
    }

    /**
     * The earliest wave of each step. A step waits for those before it that write what it touches, and for those that touch what it writes; a buffer
     * is written by the first step that touches it, and by those that name it last.
     *
     * @param touched buffers of each step, in the order in which steps would run one by one
     */
    static int[] earliest(List<List<Buffer>> touched) {
        Map<Buffer, Integer> written = new HashMap<>();
        Map<Buffer, Integer> read = new HashMap<>();
        int[] waves = new int[touched.size()];
        for (int i = 0; i < waves.length; i++) {
            List<Buffer> buffers = touched.get(i).stream().filter(b -> !b.isFixed()).map(Buffer::root).toList();
            int wave = 0;
            for (Buffer b : buffers) {
                boolean writes = !written.containsKey(b) || b == buffers.getLast();
                wave = Math.max(wave, 1 + Math.max(written.getOrDefault(b, -1), writes ? read.getOrDefault(b, -1) : -1));
            }
            for (Buffer b : buffers) {
                if (!written.containsKey(b) || b == buffers.getLast()) {
                    written.merge(b, wave, Math::max);
                } else {
                    read.merge(b, wave, Math::max);
                }
            }
            waves[i] = wave;
        }
        return waves;
    }

    @Override
    int units() {
        return ends[ends.length - 1];
    }

    @Override
    String label(int unit) {
        return members[member(unit)].label;
    }

    @Override
    void run(int unit, Scratch memory) {
        int i = member(unit);
        members[i].run(unit - (i == 0 ? 0 : ends[i - 1]), memory);
    }

    private int member(int unit) {
        int i = 0;
        while (unit >= ends[i]) {
            i++;
        }
        return i;
    }
}
