package io.github.remocap.data;

import io.github.remocap.data.Annotation.Place;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A data set cut into clips, person by person and sequence by sequence.
 *
 * @param clips in order of sequences, persons and time
 * @param protocol how they were cut
 * @param tracks persons in all sequences together
 * @param rows frames of all persons together
 * @param left frames that no clip counts
 */
public record Clips(List<Clip> clips, Protocol protocol, int tracks, int rows, int left) {
    /** How tracks become clips. */
    public enum Protocol {
        /**
         * Exactly the reference's clips (RemoCap's {@code human_mesh_tsv_more_data.py}): a sequence's rows are sorted by key, then row; with
         * n persons in the sequence, every n-th row is taken for a person; of L rows the last L mod 8 are left out. Where a person is
         * missing in some frames, the others' rows slip into its clips: that is so in the reference, too.
         */
        REFERENCE,
        /** Every frame of every person counts once; a track's last clip begins earlier, so that it is full, and its first frames do not count. */
        FULL
    }

    /** Copies the list. */
    public Clips {
        clips = List.copyOf(clips);
    }

    /** How it was cut and what was left out, for logs and reports. */
    public String describe() {
        return clips.size() + " clips of " + tracks + " tracks, protocol " + protocol.name().toLowerCase(java.util.Locale.ROOT) + ", " + (rows - left)
            + " of " + rows + " frames count";
    }

    /** The first clips; the frames of the others are left out. */
    public Clips first(int count) {
        List<Clip> kept = clips.subList(0, count);
        return new Clips(kept, protocol, tracks, rows, rows - kept.stream().mapToInt(Clip::count).sum());
    }

    /**
     * Cuts a data set.
     *
     * @param length frames of a clip
     * @throws IOException if rows cannot be read
     */
    public static Clips of(AnnotatedImages images, Protocol protocol, int length) throws IOException {
        Map<String, List<Row>> sequences = new LinkedHashMap<>(); // in order of their first rows
        for (int i = 0; i < images.size(); i++) {
            Place place = images.place(i);
            sequences.computeIfAbsent(place.sequence(), s -> new ArrayList<>()).add(new Row(i, place));
        }
        List<Clip> clips = new ArrayList<>();
        int tracks = 0;
        for (Map.Entry<String, List<Row>> e : sequences.entrySet()) {
            List<Row> rows = e.getValue();
            rows.sort(Comparator.comparing((Row r) -> r.place.image()).thenComparingInt(Row::index));
            List<int[]> persons = protocol == Protocol.REFERENCE ? interleaved(rows, persons(e.getKey(), rows)) : separate(images, rows);
            for (int p = 0; p < persons.size(); p++) {
                cut(clips, protocol, e.getKey(), p, persons.get(p), length);
            }
            tracks += persons.size();
        }
        int counted = clips.stream().mapToInt(Clip::count).sum();
        return new Clips(clips, protocol, tracks, images.size(), images.size() - counted);
    }

    /** A row of the data set and where it belongs. */
    record Row(int index, Place place) {
    }

    private static int persons(String sequence, List<Row> rows) {
        Integer known = Persons3dpw.in(sequence);
        return known != null ? known : Math.max(1, (int) rows.stream().mapToInt(r -> r.place.track()).distinct().count());
    }

    private static List<int[]> interleaved(List<Row> rows, int persons) {
        List<int[]> tracks = new ArrayList<>();
        for (int p = 0; p < persons; p++) {
            int[] track = new int[(rows.size() - p + persons - 1) / persons];
            for (int i = 0; i < track.length; i++) {
                track[i] = rows.get(p + i * persons).index;
            }
            tracks.add(track);
        }
        return tracks;
    }

    /** Persons by the numbers that the data give; where they give none and pictures repeat, by who they are. */
    private static List<int[]> separate(AnnotatedImages images, List<Row> rows) throws IOException {
        if (rows.stream().allMatch(r -> r.place.track() == Annotation.UNKNOWN)) {
            boolean repeats = rows.stream().map(r -> r.place.image()).distinct().count() < rows.size();
            return repeats ? PersonTracks.of(images, rows) : List.of(inTime(rows));
        }
        Map<Integer, List<Row>> byTrack = new TreeMap<>();
        rows.forEach(r -> byTrack.computeIfAbsent(r.place.track(), t -> new ArrayList<>()).add(r));
        return byTrack.values().stream().map(Clips::inTime).toList();
    }

    private static int[] inTime(List<Row> rows) {
        return rows.stream().sorted(Comparator.comparingInt((Row r) -> r.place.frame()).thenComparing(r -> r.place.image())
            .thenComparingInt(Row::index)).mapToInt(Row::index).toArray();
    }

    private static void cut(List<Clip> clips, Protocol protocol, String sequence, int person, int[] track, int length) {
        int from = 0;
        for (; from + length <= track.length; from += length) {
            clips.add(new Clip(sequence, person, Arrays.copyOfRange(track, from, from + length), 0, length));
        }
        int rest = track.length - from;
        if (rest > 0 && protocol == Protocol.FULL) {
            int[] rows = new int[length];
            int start = Math.max(0, track.length - length);
            Arrays.setAll(rows, i -> track[Math.min(start + i, track.length - 1)]); // a track shorter than a clip repeats its last frame
            clips.add(new Clip(sequence, person, rows, from - start, rest));
        }
    }
}
