package io.github.remocap.report;

import java.util.List;

/** A part of a {@link Report}. */
public sealed interface Section {
    /** Its heading. */
    String title();

    /** Words under the heading; may be empty. */
    String note();

    /**
     * Words alone.
     *
     * @param code lines of commands or the like, shown in a fixed-width block; may be empty
     */
    record Text(String title, String note, List<String> code) implements Section {
        public Text {
            code = List.copyOf(code);
        }
    }

    /** Curves, see {@link TrainingCurves}. */
    record Charts(String title, String note, List<Chart> charts) implements Section {
        public Charts {
            charts = List.copyOf(charts);
        }
    }

    /**
     * Errors (smaller is better) of several candidates, such as "mean pose", "before", "after". Each row's best is marked, and all but
     * the baseline's are also shown as a share of the baseline.
     *
     * @param columns the candidates
     * @param baseline which of them is the baseline, from 0; -1 if none is
     * @param rows the measures
     */
    record Scores(String title, String note, List<String> columns, int baseline, List<Row> rows) implements Section {
        /** @throws IllegalArgumentException if a row has not one value for each column, or the baseline is no column */
        public Scores {
            columns = List.copyOf(columns);
            rows = List.copyOf(rows);
            if (baseline < -1 || baseline >= columns.size()) {
                throw new IllegalArgumentException(title + ": baseline " + baseline + "; expected -1 to " + (columns.size() - 1));
            }
            for (Row row : rows) {
                if (row.values().size() != columns.size()) {
                    throw new IllegalArgumentException(title + ", row " + row.name() + ": " + row.values().size() + " values for "
                        + columns.size() + " columns");
                }
            }
        }

        /**
         * One measure.
         *
         * @param name such as "MPJPE"
         * @param unit such as "mm"
         * @param values one for each column, NaN where there is none
         */
        public record Row(String name, String unit, List<Double> values) {
            public Row {
                values = List.copyOf(values);
            }
        }
    }

    /** Rows of pictures that belong together, such as frame, truth and prediction. */
    record Pictures(String title, String note, List<Row> rows) implements Section {
        public Pictures {
            rows = List.copyOf(rows);
        }

        /**
         * Pictures beside each other.
         *
         * @param caption what they show together; may be empty
         */
        public record Row(String caption, List<Picture> pictures) {
            public Row {
                pictures = List.copyOf(pictures);
            }
        }
    }

    /** The 3D viewer with one clip. */
    record Viewer(String title, String note, Clip clip) implements Section {
    }
}
