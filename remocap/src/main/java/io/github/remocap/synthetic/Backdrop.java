package io.github.remocap.synthetic;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;

/** What is far behind the persons: a wall, a floor and clutter, wider and higher than a frame so that the camera can turn. */
final class Backdrop {
    private static final int WIDER = 3;

    private final int size;
    private final int extent;
    private final int[] rgb;

    /**
     * Paints one.
     *
     * @param size side of the frames, pixels
     * @param clutter how much there is, 0 to 1
     * @param variety how much places differ, 0 (all are alike) to 1
     */
    Backdrop(Dice dice, int size, double clutter, double variety) {
        this.size = size;
        this.extent = WIDER * size;
        BufferedImage image = new BufferedImage(extent, extent, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        int horizon = (int) (extent * dice.between(0.52, 0.6));
        gradient(g, dice, 0, horizon, 0xB8B8B0, variety);
        gradient(g, dice, horizon, extent, 0x8C8C84, variety);
        boards(g, dice, horizon, variety);
        int things = (int) (clutter * dice.between(6, 36));
        for (int i = 0; i < things; i++) {
            clutter(g, dice, horizon);
        }
        g.dispose();
        rgb = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
        double grain = variety * dice.between(0, 10);
        for (int i = 0; i < rgb.length; i++) {
            int d = (int) dice.between(-grain, grain + 1);
            rgb[i] = grained(rgb[i], d);
        }
    }

    private static int grained(int c, int d) {
        return Math.clamp((c >> 16 & 255) + d, 0, 255) << 16 | Math.clamp((c >> 8 & 255) + d, 0, 255) << 8 | Math.clamp((c & 255) + d, 0, 255);
    }

    private void gradient(Graphics2D g, Dice dice, int from, int to, int usual, double variety) {
        g.setPaint(new GradientPaint(0, from, new Color(Dice.mix(usual, dice.colour(0.25, 0.95, 0.3), variety)),
            (float) dice.between(-extent, extent), to, new Color(Dice.mix(usual, dice.colour(0.25, 0.95, 0.3), variety))));
        g.fillRect(0, from, extent, to - from);
    }

    /** Lines on the floor that run to a point on the horizon. */
    private void boards(Graphics2D g, Dice dice, int horizon, double variety) {
        g.setPaint(new Color(dice.colour(0.1, 0.9, 0.4)));
        int lines = (int) (variety * dice.below(24));
        double vanish = dice.between(0.3, 0.7) * extent;
        for (int i = 0; i < lines; i++) {
            g.drawLine((int) vanish, horizon, (int) (vanish + (i - lines / 2.0) * extent * 0.3), extent);
        }
    }

    private void clutter(Graphics2D g, Dice dice, int horizon) {
        int w = (int) (extent * dice.between(0.01, 0.16));
        int h = (int) (extent * dice.between(0.02, 0.25));
        int x = (int) dice.between(-w, extent);
        int foot = (int) (horizon + extent * dice.between(-0.25, 0.12));
        g.setPaint(new GradientPaint(x, foot, new Color(dice.colour(0.1, 0.95, 0.5)), x + w, foot - h, new Color(dice.colour(0.1, 0.95, 0.5))));
        switch (dice.below(5)) {
            case 0 -> g.fillOval(x, foot - h, w, h);
            case 1 -> g.fillPolygon(new int[] {x, x + w / 2, x + w}, new int[] {foot, foot - h, foot}, 3);
            case 2 -> { // a lamp or a tree
                g.fillRect(x + w / 2 - w / 12 - 1, foot - h, w / 6 + 2, h);
                g.fillOval(x, foot - h - w / 2, w, w);
            }
            default -> g.fillRect(x, foot - h, w, h);
        }
    }

    /** The part that a camera sees which is turned so many pixels to the right and down, {@code [size * size]}, 0xAARRGGBB. */
    int[] seen(double right, double down) {
        int x0 = Math.clamp(extent / 2 - size / 2 + Math.round(right), 0, extent - size);
        int y0 = Math.clamp(extent / 2 - size / 2 + Math.round(down), 0, extent - size);
        int[] out = new int[size * size];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                out[y * size + x] = 0xFF000000 | rgb[(y0 + y) * extent + x0 + x];
            }
        }
        return out;
    }
}
