package io.github.remocap.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.remocap.figure.Figure;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WardrobeTest {
    /** Colours of all faces' middles, but for where shirt and trousers or hair and skin meet, which differs in any case. */
    private static int[] colours(long seed, double variety) {
        Wardrobe wardrobe = new Wardrobe(new Dice(seed, "somebody"), variety);
        int[] faces = Figure.get().body().faces();
        float[] rest = Figure.get().body().template();
        int[] colours = new int[faces.length / 3];
        for (int f = 0; f < colours.length; f++) {
            double y = (rest[3 * faces[3 * f] + 1] + rest[3 * faces[3 * f + 1] + 1] + rest[3 * faces[3 * f + 2] + 1]) / 3;
            boolean border = y > -0.05 && y < 0.12 || y > 0.7;
            colours[f] = border ? 0 : wardrobe.rgb(f, 1 / 3f, 1 / 3f, 1 / 3f);
        }
        return colours;
    }

    @Test
    void withoutVarietyAllWearTheSame() {
        int[] one = colours(1, 0);
        for (long seed = 2; seed < 8; seed++) {
            assertArrayEquals(one, colours(seed, 0));
            assertFalse(Arrays.equals(one, colours(seed, 0.5)));
        }
    }
}
