package io.github.remocap.train;

import io.github.remocap.autograd.Accumulation;
import io.github.remocap.autograd.Checkpointing;
import io.github.remocap.autograd.Clipping;
import io.github.remocap.autograd.Gradients;
import io.github.remocap.autograd.ParameterGroup;
import io.github.remocap.autograd.Schedule;
import io.github.remocap.autograd.State;
import io.github.remocap.autograd.WeightAverage;
import io.github.remocap.layers.Context;
import io.github.remocap.layers.ParameterSpec;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.RemoCap;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.train.BatchLoader.Batch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One step of training, compiled once: the pass (forward, backward, running statistics) writes gradients into arrays that stay, the
 * norm of these is looked at, and only if all is finite the update (clipping, optimiser, weight average) moves weights. A bad pass
 * therefore leaves parameters as they were, and it can be repeated to see where it went wrong.
 */
final class TrainingStep implements AutoCloseable {
    /** Modules whose activations are computed again together, with {@code recompute}. */
    private static final Pattern STAGE = Pattern.compile(
        "backbone\\.(?:layer1\\.\\d+|ema_\\w+|transition\\d|stage\\d\\.\\d+|incre_modules|final_layer)|transformer_\\d\\.(?:encoder|decoder)\\.layers\\.\\d+");

    /**
     * What a step gave.
     *
     * @param loss mean over the passes
     * @param parts of the loss, by name
     * @param norm of all gradients together, before clipping
     */
    record Result(double loss, Map<String, Double> parts, double norm) {
    }

    private final Device device;
    private final Weights weights;
    private final int passes;
    private final double clipNorm;
    private final State gradients = new State();
    private final Losses.Result loss;
    private final List<ParameterGroup> groups;
    private final List<Tensor> targets = new ArrayList<>(); // loss, parts, gradients
    private final Tensor norm;
    private final Tensor factor;
    private final Program passProgram;
    private final Program normProgram;
    private final Program updateProgram;
    private final Map<String, MemorySegment> counters = new LinkedHashMap<>(); // num_batches_tracked

    /**
     * Builds and compiles.
     *
     * @param shapes of a clip's arrays
     * @param state where the optimiser's arrays and averages live
     */
    TrainingStep(TrainConfig config, RemoCap network, Weights weights, Mesh mesh, Surface surface, Map<String, Shape> shapes, State state,
        Device device) {
        this.device = device;
        this.weights = weights;
        this.passes = config.accumulation();
        TrainConfig.Optimization settings = config.optimization();
        this.clipNorm = settings.clipNorm();
        Graph graph = new Graph();
        Map<String, Shape> all = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> all.put(name, shape.with(0, shape.dim(0) * config.batch())));
        Tensor images = graph.input(ClipSource.IMAGES, all.get(ClipSource.IMAGES));
        TruthInputs truth = TruthInputs.of(graph, all, surface);
        Context context = Context.training(graph, weights, config.dropout(), config.seed(), settings.frozen());
        Map<String, Tensor> outputs = network.call(context, images, mesh);
        Checkpointing checkpointing = config.recompute() ? stages(graph) : Checkpointing.NONE;
        this.loss = Losses.build(graph, outputs, truth, surface, config.lossWeights(), config.model().frames());
        this.groups = groups(settings, weights, graph);
        Map<Tensor, Tensor> computed = Gradients.of(loss.total(), ParameterGroup.trainable(groups), checkpointing);
        if (computed.isEmpty()) {
            gradients.close();
            throw new IllegalArgumentException("nothing to train: all parameters that the loss depends on are frozen");
        }
        targets.add(loss.total());
        targets.addAll(loss.parts().values());
        List<Tensor> read = List.copyOf(targets);
        targets.addAll(computed.values());

        List<Compilation.Update> pass = new ArrayList<>(context.updates());
        List<Compilation.Update> reset = List.of();
        Map<Tensor, Tensor> sums = new LinkedHashMap<>();
        if (passes == 1) {
            computed.forEach((parameter, g) -> {
                Tensor array = gradients.get(graph, "gradient." + label(parameter), parameter.shape());
                sums.put(parameter, array);
                pass.add(new Compilation.Update(array, g));
            });
        } else {
            Accumulation accumulation = Accumulation.of(computed, passes, gradients);
            sums.putAll(accumulation.gradients());
            pass.addAll(accumulation.add());
            reset = accumulation.reset();
        }
        this.norm = Clipping.byNorm(sums, Double.POSITIVE_INFINITY).norm();
        this.factor = graph.input("clip_factor", Shape.SCALAR);
        Map<Tensor, Tensor> clipped = new LinkedHashMap<>();
        try (Graph.Scope ignored = graph.scopeAt("clipping")) {
            sums.forEach((parameter, sum) -> clipped.put(parameter, clipNorm < Double.POSITIVE_INFINITY ? sum.mul(factor) : sum));
        }
        List<Compilation.Update> update = new ArrayList<>(settings.optimizer().step(groups, clipped, state));
        if (settings.ema() > 0) {
            update.addAll(WeightAverage.of(update, settings.ema(), state).updates());
        }
        update.addAll(reset);
        this.passProgram = device.compile(Compilation.training(read, pass));
        this.normProgram = device.compile(Compilation.of(norm));
        this.updateProgram = device.compile(Compilation.training(List.of(), update));
        for (ParameterSpec spec : weights.specs().values()) {
            if (spec.dtype() == DType.I64 && !Context.isBelow(spec.name(), settings.frozen())) {
                counters.put(spec.name(), weights.values(spec.name()));
            }
        }
    }

    private static String label(Tensor parameter) {
        return ((Op.Parameter) parameter.op()).label();
    }

    /** Ends of the network's stages; what follows the last one is kept. */
    private static Checkpointing stages(Graph graph) {
        Map<String, Tensor> ends = new LinkedHashMap<>();
        for (Tensor node : graph.nodes()) {
            Matcher m = STAGE.matcher(node.path());
            if (m.lookingAt()) {
                ends.put(m.group(), node);
            }
        }
        return Checkpointing.after(List.copyOf(ends.values()));
    }

    /**
     * Parameters by the longest prefix that names them; the others are the group "default".
     *
     * @throws IllegalArgumentException if a prefix names nothing
     */
    private static List<ParameterGroup> groups(TrainConfig.Optimization settings, Weights weights, Graph graph) {
        List<String> prefixes = new ArrayList<>(settings.frozen());
        settings.groups().forEach(g -> prefixes.add(g.prefix()));
        for (String prefix : prefixes) {
            if (weights.specs().keySet().stream().noneMatch(name -> Context.isBelow(name, List.of(prefix)))) {
                throw new IllegalArgumentException("no module or parameter '" + prefix + "' in the model, named in optimizer.frozen or optimizer.groups");
            }
        }
        Map<String, List<Tensor>> members = new TreeMap<>();
        Map<String, TrainConfig.Group> byName = new HashMap<>();
        byName.put("default", new TrainConfig.Group("", 1, settings.weightDecay()));
        for (ParameterSpec spec : weights.specs().values()) {
            Tensor parameter = graph.parameters().get(spec.name());
            if (!spec.trainable() || parameter == null || Context.isBelow(spec.name(), settings.frozen())) {
                continue; // parameters that the network does not use get no gradient
            }
            TrainConfig.Group best = byName.get("default");
            String name = "default";
            for (TrainConfig.Group g : settings.groups()) {
                if (Context.isBelow(spec.name(), List.of(g.prefix())) && g.prefix().length() > best.prefix().length()) {
                    best = g;
                    name = g.prefix();
                }
            }
            byName.put(name, best);
            members.computeIfAbsent(name, n -> new ArrayList<>()).add(parameter);
        }
        List<ParameterGroup> groups = new ArrayList<>();
        members.forEach((name, parameters) -> {
            TrainConfig.Group g = byName.get(name);
            groups.add(ParameterGroup.of(name, parameters, settings.learningRate() * g.factor(), g.weightDecay()));
        });
        return groups;
    }

    /** Names of the loss's parts. */
    List<String> parts() {
        return List.copyOf(loss.parts().keySet());
    }

    /** Learning rates by group at a step. */
    Map<String, Double> rates(Schedule schedule, long step) {
        Map<String, Double> rates = new LinkedHashMap<>();
        groups.forEach(g -> rates.put(g.name(), g.learningRate() * schedule.factor(step)));
        return rates;
    }

    /** Where the time of a step goes, on the inputs of the last {@link #run}. */
    List<Program.StepTime> profile() {
        List<Program.StepTime> steps = new ArrayList<>(passProgram.profile());
        steps.addAll(normProgram.profile());
        steps.addAll(updateProgram.profile());
        return steps;
    }

    /** Bytes of native memory that the programs and gradients take. */
    long memory() {
        return passProgram.memory() + normProgram.memory() + updateProgram.memory()
            + gradients.arrays().values().stream().mapToLong(MemorySegment::byteSize).sum();
    }

    /**
     * A step.
     *
     * @param step number of the step, from 0
     * @param batches one for each pass
     * @throws NonFiniteException if the loss or the gradients are not finite; then parameters and optimiser are as before (running
     *     statistics may have seen the bad batch)
     */
    Result run(long step, List<Batch> batches, Schedule schedule) {
        double total = 0;
        Map<String, Double> parts = new LinkedHashMap<>();
        for (int i = 0; i < passes; i++) {
            Batch batch = batches.get(i);
            long count = step * passes + i;
            for (Tensor input : passProgram.inputs()) {
                passProgram.write(input, input(input, batch, count));
            }
            passProgram.run();
            double value = passProgram.readDoubles(loss.total())[0];
            List<String> bad = new ArrayList<>();
            for (Map.Entry<String, Tensor> e : loss.parts().entrySet()) {
                double part = passProgram.readDoubles(e.getValue())[0];
                parts.merge(e.getKey(), part / passes, Double::sum);
                if (!Double.isFinite(part)) {
                    bad.add("'" + e.getKey() + "' is " + part);
                }
            }
            total += value / passes;
            if (!bad.isEmpty() || !Double.isFinite(value)) {
                throw failure(step, "the loss is " + value + (bad.isEmpty() ? "" : ": " + String.join(", ", bad)), List.of(batch), count);
            }
        }
        normProgram.run();
        double gradientNorm = normProgram.readDoubles(norm)[0];
        if (!Double.isFinite(gradientNorm)) {
            throw failure(step, "the loss is finite (" + total + "), the norm of its gradients is " + gradientNorm, batches, step * passes);
        }
        groups.forEach(g -> g.write(updateProgram, schedule.factor(step)));
        if (updateProgram.inputs().contains(factor)) {
            updateProgram.write(factor, new double[] {Math.min(1, clipNorm / (gradientNorm + 1e-6))});
        }
        updateProgram.run();
        for (MemorySegment counter : counters.values()) {
            counter.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, counter.get(ValueLayout.JAVA_LONG_UNALIGNED, 0) + passes);
        }
        return new Result(total, parts, gradientNorm);
    }

    private static float[] input(Tensor input, Batch batch, long count) {
        String name = ((Op.Input) input.op()).label();
        return name.equals("step") ? new float[] {count} : batch.arrays().get(name);
    }

    private NonFiniteException failure(long step, String what, List<Batch> batches, long firstCount) {
        String where = "no node of the pass: the sum of squares overflows";
        for (int i = 0; i < batches.size(); i++) {
            Batch batch = batches.get(i);
            Map<String, float[]> arrays = new HashMap<>(batch.arrays());
            arrays.put("step", new float[] {firstCount + i});
            Optional<NonFiniteSearch.Finding> finding = NonFiniteSearch.search(device, targets, arrays);
            if (finding.isPresent()) {
                where = finding.get().describe() + "; in clips " + Arrays.toString(batch.clips());
                break;
            }
        }
        return new NonFiniteException("step " + (step + 1) + ": " + what + "\nfirst node that is not finite: " + where);
    }

    @Override
    public void close() {
        passProgram.close();
        normProgram.close();
        updateProgram.close();
        gradients.close();
    }
}
