package io.github.remocap.tornado.run;

import io.github.remocap.tornado.lower.Gemm;
import io.github.remocap.tornado.lower.Job;
import io.github.remocap.tornado.lower.Kind;
import io.github.remocap.tornado.lower.Schedule.Task;
import io.github.remocap.tornado.lower.Words;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.GridScheduler;

/** Tasks as graphs, and the code that tells each task what to do. */
final class Script {
    /** Tasks of one graph, and what a library does for each of them. */
    private record Step(List<Task> tasks, Runtime.Shared graph, GridScheduler grids, List<List<Blas.Call>> calls) {
    }

    private final Runtime runtime;
    private final List<Step> steps = new ArrayList<>();
    private final long place;
    private final int start;

    /**
     * Writes the code to the device.
     *
     * @param tasks in their order, buffers placed
     * @param most tasks of a graph
     */
    Script(Runtime runtime, Transfers transfers, List<Task> tasks, int most) {
        this.runtime = runtime;
        int size = write(new Words(0), tasks, most).size();
        this.place = runtime.words().take(size);
        if (place < 0) {
            throw new DeviceException("out of device memory: the code of " + tasks.size() + " tasks needs " + 4 * size / 1024
                + " KiB, the longest free part has " + 4 * runtime.words().largest() / 1024 + " KiB; close other programs", null);
        }
        this.start = Math.toIntExact(place);
        transfers.loadCode(write(new Words(start), tasks, most).toArray(), place);
        for (int i = 0; i < tasks.size(); i += most) {
            List<Task> part = tasks.subList(i, Math.min(tasks.size(), i + most));
            List<Kind> kinds = part.stream().map(Task::kind).toList();
            steps.add(new Step(part, runtime.graph(kinds), runtime.grids(kinds, part.stream().mapToInt(Task::groups).toArray()),
                part.stream().map(Script::calls).toList()));
        }
    }

    private static List<Blas.Call> calls(Task task) {
        return task.kind().isLibrary() ? task.jobs().stream().flatMap(job -> Gemm.read(job).stream().map(gemm -> new Blas.Call(job.label(), gemm))).toList()
            : List.of();
    }

    private static Words write(Words words, List<Task> tasks, int most) {
        for (int i = 0; i < tasks.size(); i += most) {
            List<Task> part = tasks.subList(i, Math.min(tasks.size(), i + most));
            int[] slots = Runtime.slots(part.stream().map(Task::kind).toList());
            int record = words.here();
            words.add(new int[Runtime.RECORD]);
            for (int t = 0; t < slots.length; t++) {
                if (!part.get(t).kind().isLibrary()) {
                    words.set(record + slots[t], words.here());
                    table(words, part.get(t).jobs());
                }
            }
            words.set(record, words.here()); // the next record
        }
        return words;
    }

    private static void table(Words words, List<Job> jobs) {
        words.add(jobs.size());
        int group = 0;
        for (Job job : jobs) {
            words.add(group);
            group += job.groups();
        }
        int places = words.here();
        words.add(new int[jobs.size()]);
        for (int j = 0; j < jobs.size(); j++) {
            words.set(places + j, words.here());
            jobs.get(j).description().write(words);
        }
    }

    /** The record of the first graph; it must be current before {@link #run}. */
    int start() {
        return start;
    }

    /** Number of graphs. */
    int graphs() {
        return steps.size();
    }

    /** Puts all tasks on the device's queue. */
    void run() {
        for (int i = 0; i < steps.size(); i++) {
            run(i);
        }
    }

    /** Puts the tasks of one graph on the device's queue. */
    void run(int i) {
        Step step = steps.get(i);
        Blas blas = runtime.blas();
        if (blas != null) {
            blas.next(step.calls());
        }
        try {
            runtime.execute(step.graph().graph(), step.grids());
        } catch (DeviceException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            throw failure(step.tasks(), e);
        }
    }

    static DeviceException failure(List<Task> tasks, Throwable e) {
        StringBuilder said = new StringBuilder();
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof Blas.Failure f) {
                String reason = f.getCause() == null ? "" : String.valueOf(f.getCause().getMessage());
                return new DeviceException("this task failed: " + tasks.get(f.task()).kind() + " for " + f.label() + ". The library says: " + reason + " ("
                    + f.getMessage() + "). " + Advice.LIBRARY, e);
            }
            said.append(t.getMessage()).append(' ');
        }
        // TornadoVM names the task that it could not compile.
        List<String> names = Runtime.names(tasks.stream().map(Task::kind).toList());
        List<Task> failed = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            if (said.toString().contains("." + names.get(i) + " ")) {
                failed.add(tasks.get(i));
            }
        }
        String text = said.toString().replaceAll("\\x1b\\[[0-9;]*m", "").replaceAll("(?s)Stacktrace:.*?]", "").replaceAll("\\s+", " ").strip();
        List<Task> shown = failed.isEmpty() ? tasks : failed;
        String what = shown.stream().limit(4).map(Script::name).reduce((a, b) -> a + "; " + b).orElse("");
        return new DeviceException((shown.size() == 1 ? "this task failed: " : "one of these tasks failed: ") + what
            + (shown.size() > 4 ? "; and " + (shown.size() - 4) + " more" : "") + ". TornadoVM says: " + text + ". " + Advice.COMPILE, e);
    }

    /** A task's kind and the ops that it computes. */
    static String name(Task task) {
        return task.kind() + " for " + task.jobs().getFirst().label() + (task.jobs().size() > 1 ? " and " + (task.jobs().size() - 1) + " more" : "");
    }

    /** Gives the code's memory back. */
    void close() {
        runtime.words().give(place);
    }
}
