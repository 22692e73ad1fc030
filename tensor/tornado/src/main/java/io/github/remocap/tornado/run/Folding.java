package io.github.remocap.tornado.run;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Values that depend on constants and frozen parameters alone: the processor computes them, once. */
final class Folding implements AutoCloseable {
    private final TornadoDevice device;
    private final List<Tensor> wanted = new ArrayList<>();
    private @Nullable Program program;

    Folding(TornadoDevice device, Compilation compilation) {
        this.device = device;
        Set<Tensor> constants = new HashSet<>();
        Set<Tensor> needed = new LinkedHashSet<>();
        for (Tensor node : Graph.reachable(compilation.targets())) {
            boolean leaf = node.op() instanceof Op.Constant || node.op() instanceof Op.Parameter && compilation.frozen();
            if (leaf || compilation.optimize() && !node.inputs().isEmpty() && constants.containsAll(node.inputs())) {
                constants.add(node);
                if (node.op() instanceof Op.Parameter) {
                    device.parameters().copyBack(node.values());
                }
            } else {
                node.inputs().stream().filter(constants::contains).forEach(needed::add);
            }
        }
        compilation.targets().stream().filter(constants::contains).forEach(needed::add);
        needed.stream().filter(node -> !node.inputs().isEmpty()).forEach(wanted::add);
    }

    /** Elements of a node that depends on constants alone. */
    float[] elements(Tensor node) {
        float[] elements = new float[Math.toIntExact(node.shape().size())];
        if (node.inputs().isEmpty()) {
            MemorySegment.copy(node.values(), ValueLayout.JAVA_FLOAT_UNALIGNED, 0, elements, 0, elements.length);
            return elements;
        }
        if (program == null) {
            program = Devices.cpu().compile(Compilation.frozen(wanted));
            program.run();
        }
        program.read(node, elements);
        return elements;
    }

    @Override
    public void close() {
        if (program != null) {
            program.close();
        }
    }
}
