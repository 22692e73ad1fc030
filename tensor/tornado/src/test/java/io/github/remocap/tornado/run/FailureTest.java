package io.github.remocap.tornado.run;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tornado.lower.Job;
import io.github.remocap.tornado.lower.Kind;
import io.github.remocap.tornado.lower.Schedule.Task;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people read when the device's compiler refuses a kernel. */
class FailureTest {
    private static Task task(Kind kind, String label) {
        return new Task(kind, List.of(new Job(kind, 1, label, 0, 0, List.of(), List.of(), words -> { })));
    }

    @Test
    void theFailingTasksOpsAreNamed() {
        List<Task> tasks = List.of(task(Kind.PRODUCT, "MatMul at a"), task(Kind.SOFTMAX, "Softmax at b"), task(Kind.PRODUCT, "MatMul at c.d"));
        String said = Script.failure(tasks, new IllegalStateException("\u001b[31mUnable to compile task remocap.product1 - run\nbuild error")).getMessage();
        assertTrue(said.contains("PRODUCT for MatMul at c.d") && !said.contains("at a") && !said.contains("\u001b"), said);
        assertTrue(said.contains("Unable to compile task") && said.contains("--device cpu"), said);
    }

    @Test
    void withoutANameAllTasksAreListed() {
        List<Task> tasks = List.of(task(Kind.PRODUCT, "MatMul at a"), task(Kind.SOFTMAX, "Softmax at b"));
        String said = Script.failure(tasks, new IllegalStateException("CL_OUT_OF_RESOURCES")).getMessage();
        assertTrue(said.contains("MatMul at a") && said.contains("Softmax at b") && said.contains("CL_OUT_OF_RESOURCES"), said);
    }
}
