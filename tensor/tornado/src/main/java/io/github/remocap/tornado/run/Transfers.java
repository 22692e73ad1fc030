package io.github.remocap.tornado.run;

import io.github.remocap.tornado.kernel.TransferKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TornadoTaskGraphInterface;
import uk.ac.manchester.tornado.api.common.TaskPackage;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Copies between the host and the device's arrays, through staging arrays of some sizes: TornadoVM copies whole arrays to the device. Each call
 * returns when its copy is done. Bytes that cross the bus are counted.
 */
final class Transfers {
    /** Elements of the smallest staging array; each further one is four times as large. */
    private static final int LEAST = 64;
    private static final int SIZES = 9; // up to 4 Mi elements

    private final Runtime runtime;
    private final Stage[] loaders = new Stage[SIZES];
    private final Stage[] savers = new Stage[SIZES];
    private final Stage[] coders = new Stage[SIZES];
    private long in;
    private long out;

    /** A staging array's graph. */
    private record Stage(TornadoTaskGraphInterface graph, GridScheduler grids, MemorySegment staging, IntArray header) {
    }

    Transfers(Runtime runtime) {
        this.runtime = runtime;
    }

    /** Bytes copied to the device so far. */
    long bytesIn() {
        return in;
    }

    /** Bytes copied from the device so far. */
    long bytesOut() {
        return out;
    }

    private static int elements(int size) {
        return LEAST << (2 * size);
    }

    /** The largest staging array that a copy of so many elements fills, or the smallest that holds it where little is wasted. */
    private static int size(long left) {
        int size = 0;
        while (size + 1 < SIZES && elements(size) < left && (elements(size + 1) <= left || 4 * left >= 3L * elements(size + 1))) {
            size++;
        }
        return size;
    }

    /**
     * Copies floats to the device.
     *
     * @param record the record of code that the next graph starts at, or -1
     */
    void load(MemorySegment from, long to, long count, int record) {
        long done = 0;
        do {
            int size = size(count - done);
            int n = (int) Math.min(count - done, elements(size));
            Stage stage = loaders[size] == null ? loaders[size] = loader(size) : loaders[size];
            MemorySegment.copy(from, 4 * done, stage.staging(), 0, 4L * n);
            header(stage, to + done, n, record);
            runtime.execute(stage.graph(), stage.grids());
            in += 4L * elements(size) + 12;
            done += n;
        } while (done < count);
    }

    private static void header(Stage stage, long place, int n, int record) {
        stage.header().set(0, Math.toIntExact(place));
        stage.header().set(1, n);
        stage.header().set(2, record);
    }

    /** Copies code to the device. */
    void loadCode(int[] from, long to) {
        int done = 0;
        do {
            int size = size(from.length - done);
            int n = Math.min(from.length - done, elements(size));
            Stage stage = coders[size] == null ? coders[size] = coder(size) : coders[size];
            MemorySegment.copy(from, done, stage.staging(), ValueLayout.JAVA_INT_UNALIGNED, 0, n);
            header(stage, to + done, n, -1);
            runtime.execute(stage.graph(), stage.grids());
            in += 4L * elements(size) + 12;
            done += n;
        } while (done < from.length);
    }

    /** Copies floats from the device. */
    void save(long from, MemorySegment to, long count) {
        long done = 0;
        do {
            int size = size(count - done);
            int n = (int) Math.min(count - done, elements(size));
            Stage stage = savers[size] == null ? savers[size] = saver(size) : savers[size];
            header(stage, from + done, n, -1);
            runtime.execute(stage.graph(), stage.grids());
            MemorySegment.copy(stage.staging(), 0, to, 4 * done, 4L * n);
            in += 12;
            out += 4L * elements(size);
            done += n;
        } while (done < count);
    }

    private static GridScheduler grids(String name, String task, int size) {
        GridScheduler grids = new GridScheduler();
        int groups = Math.max(1, elements(size) / TransferKernels.THREADS);
        grids.addWorkerGrid(name + "." + task, Runtime.grid(groups, TransferKernels.THREADS));
        return grids;
    }

    private Stage loader(int size) {
        String name = "load" + size;
        FloatArray staging = new FloatArray(elements(size));
        IntArray header = new IntArray(3);
        IntArray done = new IntArray(1);
        TornadoTaskGraphInterface graph = runtime.open(name);
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, staging, header);
        graph.addTask(TaskPackage.createPackage("load", TransferKernels::load, runtime.context(), staging, header, runtime.arena(), runtime.code(), done));
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, done);
        return new Stage(runtime.close(graph), grids(name, "load", size), staging.getSegment(), header);
    }

    private Stage coder(int size) {
        String name = "code" + size;
        IntArray staging = new IntArray(elements(size));
        IntArray header = new IntArray(3);
        IntArray done = new IntArray(1);
        TornadoTaskGraphInterface graph = runtime.open(name);
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, staging, header);
        graph.addTask(TaskPackage.createPackage("code", TransferKernels::loadCode, runtime.context(), staging, header, runtime.code(), done));
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, done);
        return new Stage(runtime.close(graph), grids(name, "code", size), staging.getSegment(), header);
    }

    private Stage saver(int size) {
        String name = "save" + size;
        FloatArray staging = new FloatArray(elements(size));
        IntArray header = new IntArray(3);
        TornadoTaskGraphInterface graph = runtime.open(name);
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, header);
        graph.addTask(TaskPackage.createPackage("save", TransferKernels::save, runtime.context(), runtime.arena(), header, staging));
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, staging);
        return new Stage(runtime.close(graph), grids(name, "save", size), staging.getSegment(), header);
    }
}
