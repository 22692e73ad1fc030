package io.github.remocap.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * 25 training steps, each one run of one program (forward, backward, clipping, optimiser, running statistics, weight average),
 * against PyTorch's in double precision, see replay.py. Loss, gradient norm, and all arrays at the end.
 */
class ReplayTest {
    private record Recipe(Optimizer optimizer, double rate, double weightDecay) {
    }

    private static final Map<String, Recipe> RECIPES = Map.of(
        "sgd", new Recipe(new Sgd(0, false), 0.1, 0),
        "momentum", new Recipe(new Sgd(0.9, false), 0.1, 1e-2),
        "nesterov", new Recipe(new Sgd(0.9, true), 0.1, 1e-2),
        "adam", new Recipe(Adam.adam(), 0.01, 1e-2),
        "adamw", new Recipe(Adam.adamW(), 0.01, 1e-1));

    @ParameterizedTest
    @CsvSource({"sgd, reference, 2e-6", "momentum, reference, 2e-6", "nesterov, reference, 2e-6", "adam, reference, 2e-6", "adamw, reference, 2e-6",
        "sgd, cpu, 1e-5", "momentum, cpu, 1e-5", "nesterov, cpu, 1e-5", "adam, cpu, 1e-5", "adamw, cpu, 1e-5"})
    void asInPyTorch(String name, String deviceName, double tolerance) throws IOException {
        List<String[]> expected = Replay.rows("replay.csv").stream().filter(row -> row[0].equals(name)).toList();
        assertEquals(25 + 24, expected.size());
        Recipe recipe = RECIPES.get(name);
        Device device = Devices.byName(deviceName);
        Schedule schedule = Schedule.step(10, 0.1);
        try (Arena arena = Arena.ofShared(); State state = new State()) {
            Replay net = new Replay(arena, 4);
            List<ParameterGroup> groups = net.groups(recipe.rate(), recipe.weightDecay());
            Map<Tensor, Tensor> gradients = Gradients.of(net.loss, ParameterGroup.trainable(groups));
            Clipping clipping = Clipping.byNorm(gradients, 1.3);
            List<Compilation.Update> updates = new ArrayList<>(recipe.optimizer().step(groups, clipping.gradients(), state));
            WeightAverage average = WeightAverage.of(updates, 0.9, state);
            updates.addAll(average.updates());
            updates.addAll(net.statistics);
            try (Program program = device.compile(Compilation.training(List.of(net.loss, clipping.norm()), updates))) {
                program.write(net.images, Replay.images());
                program.write(net.target, Replay.targets());
                for (int step = 0; step < 25; step++) {
                    for (ParameterGroup group : groups) {
                        group.write(program, schedule.factor(step));
                    }
                    program.run();
                    compare(expected.get(step), program.readDoubles(net.loss)[0], program.readDoubles(clipping.norm())[0], tolerance);
                }
            }
            Map<String, Tensor> arrays = new HashMap<>(net.graph.parameters());
            // Unused parameters have no gradient, so no average is kept; they must still be what they were.
            net.parameters.forEach((label, p) -> arrays.putIfAbsent("average." + label, p));
            for (String[] row : expected.subList(25, expected.size())) {
                double sum = 0;
                double squares = 0;
                for (float v : Numbers.read(arrays.get(row[1]))) {
                    sum += v;
                    squares += (double) v * v;
                }
                compare(row, sum, squares, tolerance);
            }
        }
    }

    /** Compares relative to numbers of at least 1. */
    private static void compare(String[] row, double first, double second, double tolerance) {
        double a = Double.parseDouble(row[2]);
        double b = Double.parseDouble(row[3]);
        String where = row[0] + " " + row[1];
        assertEquals(a, first, tolerance * Math.max(1, Math.abs(a)), where);
        assertEquals(b, second, tolerance * Math.max(1, Math.abs(b)), where);
    }
}
