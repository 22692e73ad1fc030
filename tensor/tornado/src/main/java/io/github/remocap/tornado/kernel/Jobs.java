package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The table of jobs that a task works on. {@code code[0]} is where the record of the graph that runs begins; word {@code slot} of the record
 * says where the task's table is. A table: the number of jobs; the first work-group of each job; where each job's description is.
 */
final class Jobs {
    private Jobs() {
    }

    /** Where the table of the task is. */
    static int table(IntArray code, int slot) {
        return code.get(code.get(0) + slot);
    }

    /** Which job a work-group belongs to. */
    static int find(IntArray code, int table, int group) {
        int low = 0;
        int high = code.get(table) - 1;
        while (low < high) {
            int middle = (low + high + 1) >> 1;
            if (code.get(table + 1 + middle) <= group) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** The first work-group of a job. */
    static int first(IntArray code, int table, int job) {
        return code.get(table + 1 + job);
    }

    /** Where a job's description is. */
    static int description(IntArray code, int table, int job) {
        return code.get(table + 1 + code.get(table) + job);
    }
}
