package io.github.remocap.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.data.Clips.Protocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClipsTest {
    private final List<Annotation> rows = new ArrayList<>();

    private void row(String sequence, int track, int frame, float x, float beta) {
        float[] betas = new float[10];
        betas[0] = beta;
        rows.add(new Annotation(sequence + "/image_%05d.jpg".formatted(frame), sequence, track, frame, new float[] {x, 100}, 1, new float[72], new float[96],
            new float[72], betas, true, true, beta != 0, "none"));
    }

    private Clips cut(Protocol protocol) throws IOException {
        return Clips.of(new ListedImages(rows, new ArrayList<>()), protocol, 8);
    }

    @Test
    void theReferenceDropsTheRestOfATrack() throws IOException {
        IntStream.range(0, 19).map(i -> 18 - i).forEach(f -> row("alone", Annotation.UNKNOWN, f, 0, 0)); // files are not in order
        IntStream.range(0, 7).forEach(f -> row("short", Annotation.UNKNOWN, f, 0, 0));
        Clips clips = cut(Protocol.REFERENCE);
        assertEquals(2, clips.clips().size());
        assertArrayEquals(new int[] {18, 17, 16, 15, 14, 13, 12, 11}, clips.clips().getFirst().rows());
        assertEquals(10, clips.left());
        assertEquals("2 clips of 2 tracks, protocol reference, 16 of 26 frames count", clips.describe());
    }

    @Test
    void fullCountsEveryFrameOnce() throws IOException {
        IntStream.range(0, 19).forEach(f -> row("alone", Annotation.UNKNOWN, f, 0, 0));
        IntStream.range(0, 3).forEach(f -> row("short", Annotation.UNKNOWN, f, 0, 0));
        Clips clips = cut(Protocol.FULL);
        assertEquals(0, clips.left());
        assertArrayEquals(new int[] {11, 12, 13, 14, 15, 16, 17, 18}, clips.clips().get(2).rows());
        assertArrayEquals(new int[] {19, 20, 21, 21, 21, 21, 21, 21}, clips.clips().get(3).rows());
        int[] seen = new int[22];
        for (Clip c : clips.clips()) {
            for (int i = c.first(); i < c.first() + c.count(); i++) {
                seen[c.rows()[i]]++;
            }
        }
        assertTrue(IntStream.of(seen).allMatch(n -> n == 1));
    }

    /** A sequence that 3DPW knows to have two persons: every second row, even where one person is missing in a frame. */
    @Test
    void personsOf3dpwAreInterleavedInTheReferenceAndToldApartInFull() throws IOException {
        for (int f = 0; f < 16; f++) {
            row("downtown_bar_00", Annotation.UNKNOWN, f, 300 + f, 0.5f);
            if (f != 4) {
                row("downtown_bar_00", Annotation.UNKNOWN, f, 290 - f, -0.5f);
            }
        }
        Clips reference = cut(Protocol.REFERENCE);
        assertEquals(2, reference.tracks());
        assertArrayEquals(new int[] {0, 2, 4, 6, 8, 10, 12, 14}, reference.clips().get(0).rows());
        assertEquals(-0.5f, rows.get(10).betas()[0], "after the missing row the second person is in the first one's clip");
        Clips full = cut(Protocol.FULL);
        assertEquals(2, full.tracks());
        assertEquals(4, full.clips().size());
        for (Clip c : full.clips()) {
            assertEquals(1, IntStream.of(c.rows()).mapToObj(r -> rows.get(r).betas()[0]).distinct().count(), "one person in a clip");
        }
        assertEquals(0, full.left());
    }

    @Test
    void personsWithoutShapeAreFollowedByWhereTheyAre() throws IOException {
        for (int f = 0; f < 8; f++) {
            boolean swapped = f % 2 == 1;
            row("two", Annotation.UNKNOWN, f, swapped ? 400 : 100, 0);
            row("two", Annotation.UNKNOWN, f, swapped ? 100 : 400, 0);
        }
        Clips full = cut(Protocol.FULL);
        assertEquals(2, full.clips().size());
        assertArrayEquals(new int[] {0, 3, 4, 7, 8, 11, 12, 15}, full.clips().getFirst().rows());
    }

    /** A damaged row takes the place that is left; whoever reads its clip hears of it. */
    @Test
    void damagedRowsKeepTheirPlace() throws IOException {
        for (int f = 0; f < 8; f++) {
            row("two", Annotation.UNKNOWN, f, 100, 0.5f);
            row("two", Annotation.UNKNOWN, f, 120, -0.5f);
        }
        AnnotatedImages damaged = new DelegatedImages(new ListedImages(rows, new ArrayList<>())) {
            @Override
            public Annotation annotation(int i) throws IOException {
                if (i == 6) {
                    throw new DamagedRowException("row 6", "is damaged");
                }
                return super.annotation(i);
            }

            @Override
            public Annotation.Place place(int i) {
                return rows.get(i).place();
            }
        };
        Clips full = Clips.of(damaged, Protocol.FULL, 8);
        assertEquals(2, full.clips().size());
        assertArrayEquals(new int[] {0, 2, 4, 6, 8, 10, 12, 14}, full.clips().getFirst().rows());
    }

    @Test
    void numberedTracks() throws IOException {
        for (int f = 0; f < 8; f++) {
            row("own", 1, f, 0, 0);
            row("own", 0, 100 - f, 0, 0);
        }
        Clips full = cut(Protocol.FULL);
        assertEquals(0, full.clips().getFirst().track());
        assertArrayEquals(new int[] {15, 13, 11, 9, 7, 5, 3, 1}, full.clips().getFirst().rows());
        assertEquals(2, cut(Protocol.REFERENCE).tracks());
    }
}
