package io.github.remocap.model;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher;
import io.github.remocap.layers.ParameterSpec;
import io.github.remocap.layers.Weights;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Puts a checkpoint's tensors into a network. */
public final class ModelWeights {
    /** Beginning of the names of arrays that a training run stores beside the weights; they are no part of the model. */
    public static final String TRAINING = "training/";

    private ModelWeights() {
    }

    /** Names and shapes of a state dict. */
    public static Map<String, Shape> shapes(Map<String, StoredTensor> tensors) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        return shapes;
    }

    /**
     * The network's weights from a checkpoint, which must stay open as long as they are used: float32 tensors are not copied.
     *
     * @param source name of the checkpoint, for errors
     * @param messages told what lenient loading skipped
     * @throws IOException naming the checkpoint, all names that do not fit, and the model that it does hold
     */
    public static Weights load(RemoCap network, Checkpoint checkpoint, String source, StateDictMatcher.Mode mode, Consumer<String> messages)
        throws IOException {
        Weights weights = mode == StateDictMatcher.Mode.LENIENT ? Weights.initialized(network, 0) : Weights.unbound(network);
        Map<String, Shape> expected = new LinkedHashMap<>();
        weights.specs().forEach((name, spec) -> expected.put(name, spec.shape()));
        Map<String, StoredTensor> tensors = new LinkedHashMap<>(checkpoint.tensors());
        tensors.keySet().removeIf(name -> name.startsWith(TRAINING));
        Map<String, Shape> found = shapes(tensors);
        StateDictMatcher.Report report = StateDictMatcher.match(expected, found, mode);
        if (!report.isLoadable()) {
            weights.close();
            throw new IOException(source + " does not fit the model.\n" + diagnose(network.config(), found) + report.message());
        }
        if (!report.missing().isEmpty() || !report.unexpected().isEmpty()) {
            messages.accept(source + ": " + report.message());
        }
        for (String name : report.tolerated()) {
            weights.allocate(name);
        }
        for (String name : report.matched()) {
            bind(weights, weights.specs().get(name), tensors.get(name), source);
        }
        return weights;
    }

    /** Gives every array memory of its own, with the same elements, so that training can change it and the checkpoint can be closed. */
    public static void own(Weights weights) {
        for (String name : weights.specs().keySet()) {
            MemorySegment from = weights.values(name);
            weights.allocate(name).copyFrom(from);
        }
    }

    /** Counts a training step in the batch norms' {@code num_batches_tracked}, which no program touches. */
    public static void countBatch(Weights weights) {
        for (ParameterSpec spec : weights.specs().values()) {
            if (spec.dtype() == DType.I64) {
                MemorySegment counter = weights.values(spec.name());
                counter.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, 0, counter.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, 0) + 1);
            }
        }
    }

    /** Says which model a checkpoint holds, if it is not the one asked for. */
    private static String diagnose(Config expected, Map<String, Shape> found) {
        Optional<Config> recognised = Recognition.of(found);
        if (recognised.isEmpty()) {
            return "It is no RemoCap or FastMETRO checkpoint; the model is " + expected.describe() + ".\n";
        }
        Config config = recognised.get();
        return "The checkpoint is " + config.describe() + "; the model is " + expected.describe() + "."
            + (config.describe().equals(expected.describe()) ? "" : " Give the checkpoint's own sizes with --config (see 'remocap info').") + "\n";
    }

    private static void bind(Weights weights, ParameterSpec spec, StoredTensor tensor, String source) throws IOException {
        if (spec.dtype() == DType.I64) {
            if (tensor.type().isFloating()) {
                throw new IOException(source + ": " + spec.name() + " must be an integer, not " + tensor.type());
            }
            MemorySegment to = weights.allocate(spec.name());
            for (long i = 0; i < spec.shape().size(); i++) {
                to.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i, tensor.getLong(i));
            }
        } else if (tensor.type() == DType.F32 && tensor.data().isNative()) {
            weights.bind(spec.name(), tensor.data());
        } else if (tensor.type().isFloating()) {
            tensor.copyFloatsTo(weights.allocate(spec.name()));
        } else {
            throw new IOException(source + ": " + spec.name() + " must hold floating point numbers, not " + tensor.type());
        }
    }
}
