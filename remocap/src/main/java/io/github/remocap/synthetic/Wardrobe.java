package io.github.remocap.synthetic;

import io.github.remocap.figure.Figure;
import io.github.remocap.render.Thing;

/** How one person looks: skin, hair, a face, and clothes with patterns, by where on the body at rest a point is. */
final class Wardrobe implements Thing.Paint {
    private static final int[] SKINS = {0xF0C8A8, 0xE0AC84, 0xC68A5E, 0x9A6440, 0x6B442C, 0xFFDCC4};

    /** A cloth: two colours and how they alternate. */
    private record Cloth(int colour, int other, Pattern pattern, double width) {
        static Cloth of(Dice dice, int usual, double variety) {
            Cloth any = new Cloth(dice.colour(0.15, 1, 0.85), dice.colour(0.15, 1, 0.85), Pattern.values()[dice.below(Pattern.values().length)],
                dice.between(0.02, 0.06));
            return new Cloth(Dice.mix(usual, any.colour, variety), Dice.mix(usual, any.other, variety), any.pattern, any.width);
        }

        int at(double x, double y, double z) {
            return pattern.other(x / width, y / width, z / width) ? other : colour;
        }
    }

    private enum Pattern {
        PLAIN, PLAIN_TOO, PLAIN_AGAIN, STRIPES, PINSTRIPES, CHECKS, DOTS;

        boolean other(double x, double y, double z) {
            return switch (this) {
                case PLAIN, PLAIN_TOO, PLAIN_AGAIN -> false;
                case STRIPES -> (Math.floorMod((int) Math.floor(y), 2)) == 1;
                case PINSTRIPES -> Math.floorMod((int) Math.floor(3 * x), 4) == 3;
                case CHECKS -> Math.floorMod((int) Math.floor(x) + (int) Math.floor(y) + (int) Math.floor(z), 2) == 1;
                case DOTS -> Math.hypot(x - Math.rint(x), y - Math.rint(y)) < 0.3;
            };
        }
    }

    private final float[] rest = Figure.get().body().template();
    private final int[] faces = Figure.get().body().faces();
    private final int skin;
    private final int hair;
    private final double hairline;
    private final Cloth shirt;
    private final Cloth trousers;
    private final int shoes;
    private final double sleeves;
    private final double waist;
    private final double trouserEnds;

    /** @param variety 0: what everybody wears, to 1: anything */
    Wardrobe(Dice dice, double variety) {
        skin = Dice.mix(0xE0AC84, SKINS[dice.below(SKINS.length)], variety);
        hair = Dice.mix(0x3A2A1E, dice.colour(0.05, 0.5, 0.6), variety);
        hairline = dice.between(0.725, 0.76);
        shirt = Cloth.of(dice, 0xC03028, variety);
        trousers = Cloth.of(dice, 0x2848A0, variety);
        shoes = Dice.mix(0x202020, dice.colour(0.05, 0.9, 0.5), variety);
        sleeves = usually(0.31, dice.chance(0.5) ? dice.between(0.26, 0.36) : dice.between(0.62, 0.68), variety);
        waist = dice.between(0, 0.08);
        trouserEnds = usually(-0.85, dice.chance(0.3) ? dice.between(-0.4, -0.25) : dice.between(-0.87, -0.8), variety);
    }

    private static double usually(double usual, double other, double share) {
        return usual + (other - usual) * share;
    }

    @Override
    public int rgb(int face, float wa, float wb, float wc) {
        int a = 3 * faces[3 * face];
        int b = 3 * faces[3 * face + 1];
        int c = 3 * faces[3 * face + 2];
        double x = wa * rest[a] + wb * rest[b] + wc * rest[c];
        double y = wa * rest[a + 1] + wb * rest[b + 1] + wc * rest[c + 1];
        double z = wa * rest[a + 2] + wb * rest[b + 2] + wc * rest[c + 2];
        double side = Math.abs(x);
        if (side > 0.2 && y > 0.2) {
            return side > sleeves ? skin : shirt.at(x, y, z);
        }
        if (y > 0.53) {
            return head(side, y, z);
        }
        if (y > waist) {
            return shirt.at(x, y, z);
        }
        return y < -0.89 ? shoes : y < trouserEnds ? skin : trousers.at(x, y, z);
    }

    private int head(double side, double y, double z) {
        boolean front = z > 0.04;
        if (y > hairline || !front && y > 0.62) {
            return hair;
        }
        if (front && Math.hypot(side - 0.032, (y - 0.7) * 1.6) < 0.014) {
            return 0x282020;
        }
        return front && Math.hypot(side / 2.2, y - 0.645) < 0.009 ? 0xA04A48 : skin;
    }
}
