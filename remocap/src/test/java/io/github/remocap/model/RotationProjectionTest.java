package io.github.remocap.model;

import io.github.remocap.autograd.GradCheck;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RotationProjectionTest {
    @Test
    void gradient() {
        Graph graph = new Graph();
        Tensor a = graph.input("a", Shape.of(6, 3, 3));
        float[] floats = DeterministicNumbers.uniform("matrices", 54, -1, 1); // of both determinants
        double[] numbers = new double[54];
        for (int i = 0; i < 54; i++) {
            numbers[i] = floats[i];
        }
        GradCheck.check(graph.apply(new Op.Custom(new RotationProjection()), a), Map.of(a, numbers));
    }
}
