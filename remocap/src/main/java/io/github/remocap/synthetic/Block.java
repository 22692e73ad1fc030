package io.github.remocap.synthetic;

import io.github.remocap.render.Thing;

/** A box with edges along the world's axes, such as a post, a table or a wall. */
final class Block {
    private static final int[] FACES = {0, 2, 3, 0, 3, 1, 4, 5, 7, 4, 7, 6, 0, 1, 5, 0, 5, 4, 2, 6, 7, 2, 7, 3, 0, 4, 6, 0, 6, 2, 1, 3, 7, 1, 7, 5};

    private final double[] least;
    private final double[] most;
    private final int colour;
    private final int other;
    private final double boards;

    /**
     * A box on the floor or above it.
     *
     * @param x middle
     * @param y lower side
     * @param z middle
     */
    Block(Dice dice, double x, double y, double z, double width, double height, double depth) {
        least = new double[] {x - width / 2, y, z - depth / 2};
        most = new double[] {x + width / 2, y + height, z + depth / 2};
        colour = dice.colour(0.15, 0.9, 0.5);
        other = dice.chance(0.5) ? colour : dice.colour(0.15, 0.9, 0.5);
        boards = dice.between(3, 9);
    }

    /** As a camera sees it. */
    Thing seen(Viewpoint camera) {
        float[] v = new float[24];
        for (int i = 0; i < 8; i++) {
            double[] p = camera.see((i & 1) == 0 ? least[0] : most[0], (i & 2) == 0 ? least[1] : most[1], (i & 4) == 0 ? least[2] : most[2]);
            for (int d = 0; d < 3; d++) {
                v[3 * i + d] = (float) p[d];
            }
        }
        return new Thing(v, FACES, (face, wa, wb, wc) -> (int) ((face % 2 == 0 ? wa : wc) * boards) % 2 == 0 ? colour : other);
    }
}
