package io.github.remocap.tensor;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph compiled for a device. Write the inputs, run, read the outputs, as often as needed; running allocates nothing.
 * Not safe for use by several threads. Close it to free its memory.
 */
public abstract class Program implements AutoCloseable {
    private final Device device;
    private final Compilation compilation;
    private final Set<Tensor> inputs = new LinkedHashSet<>();
    private final Set<Tensor> outputs;
    private final Set<Tensor> missing;
    private final Map<String, Program> probes = new HashMap<>();
    private boolean ran;
    private boolean closed;

    /** For devices. */
    protected Program(Device device, Compilation compilation) {
        this.device = device;
        this.compilation = compilation;
        for (Tensor node : Graph.reachable(compilation.targets())) {
            if (node.op() instanceof Op.Input) {
                inputs.add(node);
            }
        }
        this.outputs = new LinkedHashSet<>(compilation.outputs());
        this.missing = new LinkedHashSet<>(inputs);
    }

    /** The device that this program was compiled for. */
    public final Device device() {
        return device;
    }

    /** What was compiled. */
    public final Compilation compilation() {
        return compilation;
    }

    /** The inputs that it depends on. */
    public final Set<Tensor> inputs() {
        return inputs;
    }

    /**
     * Sets an input's elements, row-major. They stay until they are set again.
     *
     * @throws IllegalArgumentException if the tensor is no input of this program or the number of elements differs
     */
    public final void write(Tensor input, float[] elements) {
        checkInput(input, elements.length);
        doWrite(input, elements);
        missing.remove(input);
    }

    /** As {@link #write(Tensor, float[])} in double precision, where the device has it. */
    public final void write(Tensor input, double[] elements) {
        checkInput(input, elements.length);
        doWrite(input, elements);
        missing.remove(input);
    }

    /**
     * Computes the outputs and updates.
     *
     * @throws IllegalStateException if an input was never set or the program is closed
     */
    public final void run() {
        open();
        if (!missing.isEmpty()) {
            throw new IllegalStateException("inputs not set: " + missing);
        }
        ran = false; // a run that fails leaves nothing to read
        doRun();
        ran = true;
    }

    /**
     * Copies an output's elements of the last run, row-major.
     *
     * @throws IllegalArgumentException if the tensor is no output of this program or the number of elements differs
     */
    public final void read(Tensor output, float[] elements) {
        checkOutput(output, elements.length);
        doRead(output, elements);
    }

    /** As {@link #read(Tensor, float[])} in double precision, where the device has it. */
    public final void read(Tensor output, double[] elements) {
        checkOutput(output, elements.length);
        doRead(output, elements);
    }

    /** An output's elements of the last run, row-major. */
    public final float[] read(Tensor output) {
        float[] elements = new float[Math.toIntExact(output.shape().size())];
        read(output, elements);
        return elements;
    }

    /** An output's elements of the last run in double precision, where the device has it. */
    public final double[] readDoubles(Tensor output) {
        double[] elements = new double[Math.toIntExact(output.shape().size())];
        read(output, elements);
        return elements;
    }

    /**
     * What a module gives for the present inputs (and the present parameters, unless they are frozen): compiles what leads to it,
     * runs that, and returns the elements, row-major. The shape is that of {@code graph.moduleOutputs().get(path)}.
     *
     * @throws IllegalArgumentException if there is no such module, naming similar ones
     */
    public final float[] probe(String path) {
        open();
        Graph graph = compilation.targets().get(0).graph();
        Tensor node = graph.moduleOutputs().get(path);
        if (node == null) {
            String tail = path.substring(path.lastIndexOf('.') + 1);
            List<String> similar = graph.moduleOutputs().keySet().stream().filter(p -> p.contains(tail) || path.startsWith(p)).limit(8).toList();
            throw new IllegalArgumentException("no module '" + path + "'" + (similar.isEmpty() ? "" : "; there are " + String.join(", ", similar)));
        }
        Program probe = probes.computeIfAbsent(path,
            p -> device.compile(new Compilation(List.of(node), List.of(), compilation.frozen(), compilation.optimize())));
        for (Tensor input : probe.inputs()) {
            if (!inputs.contains(input)) {
                throw new IllegalArgumentException("module '" + path + "' needs " + input + ", which this program does not have");
            }
            if (missing.contains(input)) {
                throw new IllegalStateException("input not set: " + input);
            }
            float[] elements = new float[Math.toIntExact(input.shape().size())];
            doReadInput(input, elements);
            probe.write(input, elements);
        }
        probe.run();
        return probe.read(node);
    }

    /**
     * One kernel of a program and how long a run of it took.
     *
     * @param kernel what kind it is
     * @param label the op and the module that it belongs to
     * @param seconds of one run
     * @param flops multiplications and additions, counted as in direct computation; 0 where nobody counts them
     * @param bytes what it must read and write at least: inputs, weights and output once; 0 where nobody counts them
     * @param layer what kind of layer it belongs to, such as {@code convolution 3x3 stride 2}
     */
    public record StepTime(String kernel, String label, double seconds, long flops, long bytes, String layer) {
        /** Of a device that does not count bytes. */
        public StepTime(String kernel, String label, double seconds, long flops) {
            this(kernel, label, seconds, flops, 0, kernel);
        }
    }

    /** Runs once and says where the time went, in the order of the kernels; empty where a device cannot tell. */
    public final List<StepTime> profile() {
        open();
        run();
        return doProfile();
    }

    /** Times each kernel; inputs are set. */
    protected List<StepTime> doProfile() {
        return List.of();
    }

    /** Bytes of native memory that this program holds, for reports. */
    public abstract long memory();

    /** Stores elements of an input. */
    protected abstract void doWrite(Tensor input, float[] elements);

    /** Stores elements of an input. */
    protected void doWrite(Tensor input, double[] elements) {
        float[] floats = new float[elements.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) elements[i];
        }
        doWrite(input, floats);
    }

    /** Gives back what was written to an input. */
    protected abstract void doReadInput(Tensor input, float[] elements);

    /** Runs; all inputs are set. */
    protected abstract void doRun();

    /** Copies an output. */
    protected abstract void doRead(Tensor output, float[] elements);

    /** Copies an output. */
    protected void doRead(Tensor output, double[] elements) {
        float[] floats = new float[elements.length];
        doRead(output, floats);
        for (int i = 0; i < floats.length; i++) {
            elements[i] = floats[i];
        }
    }

    /** Frees memory; called once. */
    protected abstract void doClose();

    /** Frees this program's memory. Closing twice does nothing. */
    @Override
    public final void close() {
        if (!closed) {
            closed = true;
            probes.values().forEach(Program::close);
            doClose();
        }
    }

    private void open() {
        if (closed) {
            throw new IllegalStateException("this program is closed");
        }
    }

    private void checkInput(Tensor input, int elements) {
        open();
        if (!inputs.contains(input)) {
            throw new IllegalArgumentException(input + " is no input of this program; there are " + inputs);
        }
        checkSize(input, elements);
    }

    private void checkOutput(Tensor output, int elements) {
        open();
        if (!ran) {
            throw new IllegalStateException("the program has not run");
        }
        if (!outputs.contains(output)) {
            throw new IllegalArgumentException(output + " is no output of this program");
        }
        checkSize(output, elements);
    }

    private static void checkSize(Tensor tensor, int elements) {
        if (elements != tensor.shape().size()) {
            throw new IllegalArgumentException(tensor + " has " + tensor.shape().size() + " elements, the array " + elements);
        }
    }
}
