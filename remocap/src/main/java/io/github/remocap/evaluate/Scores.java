package io.github.remocap.evaluate;

import io.github.remocap.body.Joints;
import io.github.remocap.body.Metrics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Means over frames; NaN of none.
 *
 * @param frames how many
 * @param mpvpe mean error of the vertices in mm, over frames with a mesh
 * @param mpjpe mean error of the joints in mm, over frames with 3D joints
 * @param paMpjpe the same after Procrustes alignment
 * @param acceleration error in mm/frame², over all triples of frames that follow each other in a track
 * @param accelerationPerSecond the same in m/s²; NaN where the rate of frames is unknown
 */
public record Scores(int frames, double mpvpe, double mpjpe, double paMpjpe, double acceleration, double accelerationPerSecond) {
    /**
     * Of frames.
     *
     * @param framesPerSecond of a track's frames; NaN where unknown
     */
    public static Scores of(List<FrameError> frames, double framesPerSecond) {
        double acceleration = acceleration(frames);
        return new Scores(frames.size(), mean(frames, FrameError::mpvpe), mean(frames, FrameError::mpjpe), mean(frames, FrameError::paMpjpe),
            1000 * acceleration, acceleration * framesPerSecond * framesPerSecond);
    }

    /** Mean of what is a number. */
    static double mean(List<FrameError> frames, ToDoubleFunction<FrameError> error) {
        return Metrics.mean(frames.stream().mapToDouble(error).filter(e -> !Double.isNaN(e)).toArray());
    }

    /**
     * In metres per frame squared: of each track, runs of frames that follow each other in the track's smallest step; each triple of
     * frames counts the same.
     */
    private static double acceleration(List<FrameError> frames) {
        Map<String, List<FrameError>> tracks = new LinkedHashMap<>();
        frames.stream().filter(f -> f.truth().length > 0).forEach(f -> tracks.computeIfAbsent(f.trackName(), t -> new ArrayList<>()).add(f));
        double sum = 0;
        int triples = 0;
        for (List<FrameError> track : tracks.values()) {
            track.sort(Comparator.comparingInt(f -> f.annotation().frame()));
            int step = Integer.MAX_VALUE;
            for (int i = 1; i < track.size(); i++) {
                int d = step(track, i);
                step = d > 0 ? Math.min(step, d) : step;
            }
            int from = 0;
            for (int to = 1; to <= track.size(); to++) {
                if (to == track.size() || step(track, to) != step) {
                    int n = to - from - 2;
                    if (n > 0) {
                        List<FrameError> run = track.subList(from, to);
                        sum += n * Metrics.accelerationError(flat(run, FrameError::predicted), flat(run, FrameError::truth), Joints.COUNT);
                        triples += n;
                    }
                    from = to;
                }
            }
        }
        return triples == 0 ? Double.NaN : sum / triples;
    }

    private static int step(List<FrameError> track, int i) {
        return track.get(i).annotation().frame() - track.get(i - 1).annotation().frame();
    }

    private static double[] flat(List<FrameError> run, java.util.function.Function<FrameError, double[]> joints) {
        return run.stream().flatMapToDouble(f -> java.util.Arrays.stream(joints.apply(f))).toArray();
    }
}
