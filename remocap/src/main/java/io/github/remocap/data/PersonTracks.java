package io.github.remocap.data;

import io.github.remocap.data.Clips.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells persons apart where several rows share a picture and nothing numbers them: by their shape coefficients, which 3DPW keeps for
 * a whole sequence, else by who was nearest in the picture before.
 */
final class PersonTracks {
    private static final double SAME_SHAPE = 1e-3; // files round
    private static final double NEAR = 1; // sides of the box between two frames
    private static final double UNSEEN = 1e9; // after everybody who is known

    private final List<List<Integer>> tracks = new ArrayList<>();
    private final List<@Nullable Annotation> latest = new ArrayList<>();

    private PersonTracks() {
    }

    /** A possible continuation. */
    private record Match(int track, int row, double cost) {
    }

    /**
     * Rows of each person, in time.
     *
     * @param rows of one sequence, sorted by picture
     */
    static List<int[]> of(AnnotatedImages images, List<Row> rows) throws IOException {
        PersonTracks found = new PersonTracks();
        int from = 0;
        while (from < rows.size()) {
            int to = from + 1;
            while (to < rows.size() && rows.get(to).place().image().equals(rows.get(from).place().image())) {
                to++;
            }
            found.add(images, rows.subList(from, to));
            from = to;
        }
        return found.tracks.stream().map(t -> t.stream().mapToInt(Integer::intValue).toArray()).toList();
    }

    private void add(AnnotatedImages images, List<Row> picture) throws IOException {
        List<@Nullable Annotation> people = new ArrayList<>();
        for (Row row : picture) {
            people.add(annotation(images, row.index()));
        }
        List<Match> matches = new ArrayList<>();
        for (int t = 0; t < tracks.size(); t++) {
            for (int p = 0; p < people.size(); p++) {
                Annotation person = people.get(p);
                double cost = person == null ? UNSEEN + p : cost(latest.get(t), person);
                if (cost < Double.POSITIVE_INFINITY) {
                    matches.add(new Match(t, p, cost));
                }
            }
        }
        matches.sort(Comparator.comparingDouble(Match::cost).thenComparingInt(Match::track).thenComparingInt(Match::row));
        boolean[] continued = new boolean[tracks.size()];
        boolean[] placed = new boolean[people.size()];
        for (Match m : matches) {
            if (!continued[m.track] && !placed[m.row]) {
                continued[m.track] = true;
                placed[m.row] = true;
                tracks.get(m.track).add(picture.get(m.row).index());
                Annotation person = people.get(m.row);
                if (person != null) {
                    latest.set(m.track, person);
                }
            }
        }
        for (int p = 0; p < people.size(); p++) {
            if (!placed[p]) {
                tracks.add(new ArrayList<>(List.of(picture.get(p).index())));
                latest.add(people.get(p));
            }
        }
    }

    /** Null for a damaged row: it takes the place that is left, and whoever reads it reports it. */
    private static @Nullable Annotation annotation(AnnotatedImages images, int row) throws IOException {
        try {
            return images.annotation(row);
        } catch (DamagedRowException e) {
            return null;
        }
    }

    /** How unlikely two annotations are the same person's; infinity where they are not. */
    private static double cost(@Nullable Annotation before, Annotation now) {
        if (before == null) { // a track that began with a damaged row
            return UNSEEN;
        }
        double x = now.center()[0] - before.center()[0];
        double y = now.center()[1] - before.center()[1];
        double moved = Math.hypot(x, y) / (200 * Math.max(before.scale(), now.scale()));
        if (!before.hasSmpl() || !now.hasSmpl()) {
            return moved < NEAR ? moved : Double.POSITIVE_INFINITY;
        }
        double difference = 0;
        for (int i = 0; i < Annotation.BETAS; i++) {
            difference = Math.max(difference, Math.abs(before.betas()[i] - now.betas()[i]));
        }
        return difference < SAME_SHAPE ? moved : Double.POSITIVE_INFINITY; // persons of one shape: the nearest, however far
    }
}
