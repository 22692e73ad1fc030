package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.set;

/** Transposing matrices in memory. */
final class TransposeKernel {
    // Columns at a time: as many rows of x are read side by side, few enough to be read ahead, and a line of y is filled.
    private static final int BLOCK = 16;
    private static final int ROWS = 8;

    private TransposeKernel() {
    }

    /**
     * {@code y[i, j] = x[j, i]}.
     *
     * @param x address of {@code [columns, rows]}
     * @param stepX bytes from row to row of x
     * @param y address of {@code [rows, columns]}
     * @param stepY bytes from row to row of y
     */
    static void transpose(long x, long stepX, long y, long stepY, int rows, int columns) {
        for (int j = 0; j < columns; j += BLOCK) {
            int width = Math.min(BLOCK, columns - j);
            long from = x + stepX * j;
            long to = y + 4L * j;
            int i = 0;
            for (; i + ROWS <= rows; i += ROWS) {
                eight(from + 4L * i, stepX, to + stepY * i, stepY, width);
            }
            for (; i < rows; i++) {
                one(from + 4L * i, stepX, to + stepY * i, width);
            }
        }
    }

    private static void eight(long x, long stepX, long y, long stepY, int columns) {
        long p = x;
        long y0 = y;
        long y4 = y + 4 * stepY;
        for (int j = 0; j < columns; j++) {
            float a = get(p);
            float b = get(p + 4);
            float c = get(p + 8);
            float d = get(p + 12);
            set(y0, a);
            set(y0 + stepY, b);
            set(y0 + 2 * stepY, c);
            set(y0 + 3 * stepY, d);
            float e = get(p + 16);
            float f = get(p + 20);
            float g = get(p + 24);
            float h = get(p + 28);
            set(y4, e);
            set(y4 + stepY, f);
            set(y4 + 2 * stepY, g);
            set(y4 + 3 * stepY, h);
            p += stepX;
            y0 += 4;
            y4 += 4;
        }
    }

    private static void one(long x, long stepX, long y, int columns) {
        long p = x;
        for (int j = 0; j < columns; j++) {
            set(y + 4L * j, get(p));
            p += stepX;
        }
    }
}
