package io.github.remocap.tornado.run;

import io.github.remocap.tensor.Tensor;
import io.github.remocap.tornado.lower.Buffer;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Parameters on the device. Programs that use the same array on the host share one copy, which is made when the first of them is compiled. What
 * programs compute stays on the device; it is copied back when somebody asks, and when the last program is closed.
 */
final class ParameterStore {
    private final Runtime runtime;
    private final Transfers transfers;
    private final Map<Long, Entry> entries = new HashMap<>();

    /** One array. */
    static final class Entry {
        private final MemorySegment values;
        private final long place;
        private int programs;
        private boolean newer;

        private Entry(MemorySegment values, long place) {
            this.values = values;
            this.place = place;
        }

        /** Says that a program has replaced the elements. */
        void updated() {
            newer = true;
        }
    }

    ParameterStore(Runtime runtime, Transfers transfers) {
        this.runtime = runtime;
        this.transfers = transfers;
    }

    /** Takes a share in a parameter. */
    Entry take(Tensor parameter) {
        MemorySegment values = parameter.values();
        if (!values.isNative()) {
            throw new IllegalArgumentException(parameter + ": parameters of a program that is not frozen must lie in native memory");
        }
        Entry entry = entries.get(values.address());
        if (entry == null) {
            long count = parameter.shape().size();
            long place = runtime.floats().take(count);
            if (place < 0) {
                throw new DeviceException("out of device memory: " + parameter + " needs " + 4 * count / 1024 + " KiB, the longest free part has "
                    + 4 * runtime.floats().largest() / 1024 + " KiB. " + Advice.MEMORY, null);
            }
            entry = new Entry(values, place);
            entries.put(values.address(), entry);
            if (count > 0) {
                transfers.load(values, place, count, -1);
            }
        }
        entry.programs++;
        return entry;
    }

    /** Where a parameter is. */
    Buffer buffer(Tensor parameter, Entry entry) {
        return Buffer.parameter(parameter.shape().size(), parameter.toString(), entry.place);
    }

    /** Gives a share back; the last one frees the memory. */
    void give(Entry entry) {
        if (--entry.programs == 0) {
            if (!runtime.isBroken()) {
                copyBack(entry);
            }
            entries.remove(entry.values.address());
            runtime.floats().give(entry.place);
        }
    }

    /** Copies what programs computed into a parameter's own memory. */
    void copyBack(MemorySegment values) {
        Entry entry = values.isNative() ? entries.get(values.address()) : null;
        if (entry != null) {
            copyBack(entry);
        }
    }

    /** Copies all that programs computed into the parameters' own memory. */
    void copyBack() {
        entries.values().forEach(this::copyBack);
    }

    private void copyBack(Entry entry) {
        if (entry.newer) {
            transfers.save(entry.place, entry.values, entry.values.byteSize() / Float.BYTES);
            entry.newer = false;
        }
    }

    /** Copies all parameters to the device again, after the host changed them. */
    void copyAgain() {
        for (Entry entry : entries.values()) {
            long count = entry.values.byteSize() / Float.BYTES;
            if (count > 0) {
                transfers.load(entry.values, entry.place, count, -1);
            }
            entry.newer = false;
        }
    }
}
