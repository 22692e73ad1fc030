package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** What products and convolutions have in common: storing sums with their epilogue. */
final class Tiles {
    private Tiles() {
    }

    /**
     * Stores four sums of neighbouring columns.
     *
     * @param place of the row's first column, relative to y and the residual
     * @param column of the first sum
     * @param columns of a row; what lies beyond is not stored
     * @param bias offset of the bias, negative for none
     * @param residual offset of the residual, negative for none
     * @param relu 1 to clamp at zero
     */
    static void store(FloatArray arena, int place, int column, int columns, float s0, float s1, float s2, float s3, int y, int bias, int residual,
        int relu) {
        if (column < columns) {
            one(arena, place, column, s0, y, bias, residual, relu);
        }
        if (column + 1 < columns) {
            one(arena, place, column + 1, s1, y, bias, residual, relu);
        }
        if (column + 2 < columns) {
            one(arena, place, column + 2, s2, y, bias, residual, relu);
        }
        if (column + 3 < columns) {
            one(arena, place, column + 3, s3, y, bias, residual, relu);
        }
    }

    private static void one(FloatArray arena, int place, int column, float sum, int y, int bias, int residual, int relu) {
        float v = sum;
        if (bias >= 0) {
            v += arena.get(bias + column);
        }
        if (residual >= 0) {
            v += arena.get(residual + place + column);
        }
        if (relu != 0) {
            v = v < 0f ? 0f : v;
        }
        arena.set(y + place + column, v);
    }
}
