package io.github.remocap.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.image.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingCurvesTest {
    private static final String HEADER = "kind,step,epoch,loss,joints_3d,smpl,gradient_norm,learning_rate,mpjpe,pa_mpjpe,mpvpe\n";

    @TempDir
    private Path folder;

    private TrainingCurves read(String text) throws Exception {
        return TrainingCurves.read(Files.writeString(folder.resolve("metrics.csv"), text));
    }

    private String refused(String text) {
        return assertThrows(InputException.class, () -> read(text)).getMessage();
    }

    @Test
    void valuesBecomeLines() throws Exception {
        TrainingCurves curves = read(HEADER + "train,1,1,4.0,0.5,0.0,1,0.1,,,\nvalidation,1,1,,,,,,90.5,NaN,120\ntrain,2,2,2.0,0.25,0.0,1,0.1,,,\n"
            + "validation,2,2,,,,,,80.5,NaN,110\ntrain,3,3,1");
        List<Chart> charts = curves.charts();
        assertEquals(List.of("Training loss", "Validation errors", "Parts of the loss", "Learning rate"), charts.stream().map(Chart::title).toList());
        assertArrayEquals(new double[] {4, 2}, charts.get(0).lines().getFirst().y());
        assertFalse(charts.get(0).logarithmic());
        assertEquals(List.of("MPVPE", "MPJPE"), charts.get(1).lines().stream().map(Chart.Line::name).toList());
        assertArrayEquals(new double[] {1, 2}, charts.get(1).lines().get(1).x());
        assertArrayEquals(new double[] {90.5, 80.5}, charts.get(1).lines().get(1).y());
        assertEquals(List.of("joints 3d"), charts.get(2).lines().stream().map(Chart.Line::name).toList());
    }

    @Test
    void longRunsAreSmoothed() throws Exception {
        StringBuilder text = new StringBuilder(HEADER);
        for (int step = 1; step <= 100; step++) {
            text.append("train,").append(step).append(",1,").append(step % 2 == 0 ? 3000.0 : 1.0).append(",1,0,1,1,,,\n");
        }
        Chart loss = read(text.toString()).charts().getFirst();
        assertTrue(loss.logarithmic());
        assertEquals(List.of("every step", "mean of 5 steps"), loss.lines().stream().map(Chart.Line::name).toList());
        assertEquals((3 * 3000 + 2) / 5.0, loss.lines().get(1).y()[99], 1e-9);
        assertEquals(1, loss.lines().get(1).y()[0], 1e-9);
    }

    @Test
    void whatIsNoMetricsFileIsNamed() throws Exception {
        assertTrue(refused("").contains("metrics.csv: line 1: there is no column 'kind'"));
        assertTrue(refused(HEADER + "train,1,1,x,1,1,1,1,,,\n").contains("line 2, column loss: 'x'; expected a number"));
        assertTrue(refused(HEADER + "test,1,1,1,1,1,1,1,,,\n").contains("line 2, column kind: 'test'"));
        assertTrue(refused(HEADER + "train,1\ntrain,2,1,1,1,1,1,1,,,\n").contains("line 2: 2 values; expected 11"));
        assertTrue(assertThrows(InputException.class, () -> TrainingCurves.read(folder.resolve("none.csv"))).getMessage().contains("none.csv: no such file"));
    }
}
