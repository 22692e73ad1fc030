package io.github.remocap.tornado.lower;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Puts jobs into tasks. A task costs a launch and, the first time, a compilation; so jobs of one kind that do not wait for each other share one:
 * the branches of the backbone, the gradients of many weights, the updates of all. Of the jobs that could run, the one with the longest way to the end
 * of the program comes first, and takes others of its kind along, unless they are so far ahead that their results would lie around.
 */
public final class Schedule {
    /** How far ahead of the oldest waiting job another may be. */
    private static final int WINDOW = 600;
    /** Jobs of a task; beyond, the table of jobs is searched for longer than it is worth. */
    private static final int MOST = 1024;

    /**
     * A launch.
     *
     * @param kind of all jobs
     * @param jobs none of which waits for another
     */
    public record Task(Kind kind, List<Job> jobs) {
        /** Says that this is when the jobs' buffers are used. */
        public void touch(int time) {
            for (Job job : jobs) {
                job.reads().forEach(b -> b.touch(time));
                job.writes().forEach(b -> b.touch(time));
            }
        }

        /** Work-groups of all jobs. */
        public int groups() {
            return jobs.stream().mapToInt(Job::groups).sum();
        }
    }

    private Schedule() {
    }

    /** Cuts jobs, in an order in which they could run, into tasks. */
    public static List<Task> of(List<Job> jobs) {
        int n = jobs.size();
        List<List<Integer>> next = new ArrayList<>();
        int[] waits = new int[n];
        Map<Buffer, List<Integer>> writers = new HashMap<>();
        Map<Buffer, List<Integer>> readers = new HashMap<>();
        for (int i = 0; i < n; i++) {
            next.add(new ArrayList<>());
            Job job = jobs.get(i);
            for (Buffer b : job.reads()) {
                for (int w : writers.getOrDefault(b.root(), List.of())) {
                    waits[i] += link(next, w, i);
                }
            }
            for (Buffer b : job.writes()) {
                // A node's own jobs may write parts of one buffer, but what read the old elements must be done.
                for (int r : readers.getOrDefault(b.root(), List.of())) {
                    waits[i] += link(next, r, i);
                }
            }
            for (Buffer b : job.reads()) {
                readers.computeIfAbsent(b.root(), k -> new ArrayList<>()).add(i);
            }
            for (Buffer b : job.writes()) {
                writers.computeIfAbsent(b.root(), k -> new ArrayList<>()).add(i);
            }
        }
        int[] height = new int[n];
        for (int i = n - 1; i >= 0; i--) {
            for (int after : next.get(i)) {
                height[i] = Math.max(height[i], height[after] + 1);
            }
        }
        return pack(jobs, next, waits, height);
    }

    private static int link(List<List<Integer>> next, int before, int after) {
        if (before == after || !next.get(before).isEmpty() && next.get(before).getLast() == after) {
            return 0;
        }
        next.get(before).add(after);
        return 1;
    }

    private static List<Task> pack(List<Job> jobs, List<List<Integer>> next, int[] waits, int[] height) {
        Comparator<Integer> urgency = Comparator.comparingInt((Integer i) -> -height[i]).thenComparing(i -> i);
        Map<Kind, PriorityQueue<Integer>> ready = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            ready.put(kind, new PriorityQueue<>(urgency));
        }
        for (int i = 0; i < waits.length; i++) {
            if (waits[i] == 0) {
                ready.get(jobs.get(i).kind()).add(i);
            }
        }
        List<Task> tasks = new ArrayList<>();
        boolean[] done = new boolean[waits.length];
        int oldest = 0;
        int newest = 0;
        for (int left = waits.length; left > 0; ) {
            while (done[oldest]) {
                oldest++;
            }
            int first = oldest; // nothing before it is left to wait for
            if (newest - oldest <= WINDOW) {
                for (PriorityQueue<Integer> queue : ready.values()) {
                    if (!queue.isEmpty() && urgency.compare(queue.peek(), first) < 0) {
                        first = queue.peek();
                    }
                }
            }
            PriorityQueue<Integer> queue = ready.get(jobs.get(first).kind());
            List<Integer> taken = new ArrayList<>();
            List<Integer> kept = new ArrayList<>();
            queue.remove(first);
            taken.add(first);
            while (!queue.isEmpty()) {
                int i = queue.remove();
                (taken.size() < MOST && i <= oldest + WINDOW ? taken : kept).add(i);
            }
            queue.addAll(kept);
            taken.sort(null);
            tasks.add(new Task(jobs.get(first).kind(), taken.stream().map(jobs::get).toList()));
            for (int i : taken) {
                done[i] = true;
                newest = Math.max(newest, i);
                left--;
                for (int after : next.get(i)) {
                    if (--waits[after] == 0) {
                        ready.get(jobs.get(after).kind()).add(after);
                    }
                }
            }
        }
        return tasks;
    }
}
