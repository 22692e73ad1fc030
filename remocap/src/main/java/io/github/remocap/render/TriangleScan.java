package io.github.remocap.render;

/**
 * Finds the samples of a grid that lie in a triangle. Corners are given in 1/{@value #SUBPIXEL} of the distance between samples, sample i
 * sits at i * {@value #SUBPIXEL} + {@value #SUBPIXEL} / 2, and edges are evaluated exactly in integers; a sample exactly on an edge belongs
 * to the triangle whose left or upper edge it is. So triangles that share an edge neither overlap nor leave a gap.
 */
final class TriangleScan {
    static final int SUBPIXEL = 256;

    /** Takes samples. */
    interface Sink {
        /**
         * A sample in the triangle.
         *
         * @param at its place in the window, row by row
         * @param wa weight of the first corner; the three sum to 1
         */
        void sample(int at, float wa, float wb, float wc);
    }

    private TriangleScan() {}

    /**
     * Goes through the samples of a triangle with corners a, b, c that run clockwise on the screen (y down), within the window of samples
     * [x0, x1) x [y0, y1). A triangle without area has no samples.
     */
    static void scan(int x0, int y0, int x1, int y1, int ax, int ay, int bx, int by, int cx, int cy, Sink sink) {
        int sx0 = Math.max(x0, firstSample(Math.min(ax, Math.min(bx, cx))));
        int sx1 = Math.min(x1 - 1, lastSample(Math.max(ax, Math.max(bx, cx))));
        int sy0 = Math.max(y0, firstSample(Math.min(ay, Math.min(by, cy))));
        int sy1 = Math.min(y1 - 1, lastSample(Math.max(ay, Math.max(by, cy))));
        if (sx0 > sx1 || sy0 > sy1) {
            return;
        }
        long px = (long) sx0 * SUBPIXEL + SUBPIXEL / 2;
        long py = (long) sy0 * SUBPIXEL + SUBPIXEL / 2;
        // Edge functions: e over the whole area is the weight of the opposite vertex.
        long rowA = edge(bx, by, cx, cy, px, py);
        long rowB = edge(cx, cy, ax, ay, px, py);
        long rowC = edge(ax, ay, bx, by, px, py);
        int ruleA = topLeft(bx, by, cx, cy);
        int ruleB = topLeft(cx, cy, ax, ay);
        int ruleC = topLeft(ax, ay, bx, by);
        long stepAx = (long) (by - cy) * SUBPIXEL;
        long stepBx = (long) (cy - ay) * SUBPIXEL;
        long stepCx = (long) (ay - by) * SUBPIXEL;
        long stepAy = (long) (cx - bx) * SUBPIXEL;
        long stepBy = (long) (ax - cx) * SUBPIXEL;
        long stepCy = (long) (bx - ax) * SUBPIXEL;
        double inverse = 1.0 / edge(ax, ay, bx, by, cx, cy);
        int stride = x1 - x0;
        for (int sy = sy0; sy <= sy1; sy++) {
            long ea = rowA;
            long eb = rowB;
            long ec = rowC;
            int at = (sy - y0) * stride + sx0 - x0;
            for (int sx = sx0; sx <= sx1; sx++, at++) {
                if (((ea + ruleA) | (eb + ruleB) | (ec + ruleC)) >= 0) {
                    sink.sample(at, (float) (ea * inverse), (float) (eb * inverse), (float) (ec * inverse));
                }
                ea += stepAx;
                eb += stepBx;
                ec += stepCx;
            }
            rowA += stepAy;
            rowB += stepBy;
            rowC += stepCy;
        }
    }

    /** The first sample whose position is not below {@code at}. */
    private static int firstSample(int at) {
        return Math.floorDiv(at - SUBPIXEL / 2 + SUBPIXEL - 1, SUBPIXEL);
    }

    /** The last sample whose position is not above {@code at}. */
    private static int lastSample(int at) {
        return Math.floorDiv(at - SUBPIXEL / 2, SUBPIXEL);
    }

    /** Twice the signed area of (from, to, p): positive inside a triangle with positive area. */
    private static long edge(int fromX, int fromY, int toX, int toY, long px, long py) {
        return (toX - fromX) * (py - fromY) - (toY - fromY) * (px - fromX);
    }

    /** 0 for an edge whose samples belong to the triangle, -1 for one whose samples do not. */
    private static int topLeft(int fromX, int fromY, int toX, int toY) {
        boolean left = toY < fromY; // y points down and the inside is on the right hand: left edges go up
        boolean top = toY == fromY && toX > fromX;
        return left || top ? 0 : -1;
    }
}
