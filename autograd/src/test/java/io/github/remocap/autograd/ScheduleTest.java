package io.github.remocap.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Learning rates of 20 steps against PyTorch's, see replay.py. */
class ScheduleTest {
    @Test
    void asInPyTorch() throws IOException {
        Map<String, Schedule> schedules = Map.of("step", Schedule.step(7, 0.1), "cosine", Schedule.cosine(20, 0.05),
            "warmup", Schedule.warmup(6, 0.25), "chained", Schedule.warmup(5, 0.1).times(Schedule.step(8, 0.5)),
            "sequential", Schedule.warmup(5, 0.1).until(5, Schedule.cosine(15, 0)));
        List<String[]> rows = Replay.rows("schedules.csv");
        assertEquals(100, rows.size());
        for (String[] row : rows) {
            assertEquals(Double.parseDouble(row[2]), schedules.get(row[0]).factor(Long.parseLong(row[1])), 1e-12, row[0] + " at " + row[1]);
        }
    }

    @Test
    void constantsAndErrors() {
        assertEquals(1, Schedule.constant().factor(1_000_000));
        assertThrows(IllegalArgumentException.class, () -> Schedule.step(0, 0.1));
        assertThrows(IllegalArgumentException.class, () -> Schedule.cosine(-1, 0));
        assertThrows(IllegalArgumentException.class, () -> Schedule.warmup(0, 0));
    }
}
