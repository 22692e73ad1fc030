package io.github.remocap.evaluate;

import io.github.remocap.body.Joints;
import io.github.remocap.data.Clips;
import io.github.remocap.data.KnownData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An evaluation and what is summed up of it.
 *
 * @param data name of the data set
 * @param clips how it was cut
 * @param result what was measured
 * @param framesPerSecond of a track's frames; NaN where unknown
 * @param known which data set it is, where it is recognised
 * @param settings other things that the numbers depend on, by name
 */
public record Evaluation(String data, Clips clips, Evaluator.Result result, double framesPerSecond, @Nullable KnownData known,
    Map<String, String> settings) {
    private static final double[] SHARES = {0, 0.25, 0.5, 0.75, 1};

    /**
     * Frames whose bodies are seen to this share.
     *
     * @param from least share
     * @param to greatest share, itself only in the last one
     * @param scores of these frames
     */
    public record Visibility(double from, double to, Scores scores) {
    }

    /**
     * A joint.
     *
     * @param name which
     * @param error mean in mm
     * @param aligned mean in mm after Procrustes alignment
     */
    public record Joint(String name, double error, double aligned) {
    }

    /** Of all frames. */
    public Scores overall() {
        return Scores.of(result.frames(), framesPerSecond);
    }

    /** By sequence, in the data set's order. */
    public Map<String, Scores> sequences() {
        Map<String, List<FrameError>> frames = new LinkedHashMap<>();
        result.frames().forEach(f -> frames.computeIfAbsent(f.annotation().sequence(), s -> new ArrayList<>()).add(f));
        Map<String, Scores> scores = new LinkedHashMap<>();
        frames.forEach((name, list) -> scores.put(name, Scores.of(list, framesPerSecond)));
        return scores;
    }

    /** By joint. */
    public List<Joint> joints() {
        List<Joint> joints = new ArrayList<>();
        for (int j = 0; j < Joints.COUNT; j++) {
            int joint = j;
            joints.add(new Joint(Joints.NAMES.get(j), Scores.mean(result.frames(), f -> f.joints()[joint]),
                Scores.mean(result.frames(), f -> f.alignedJoints()[joint])));
        }
        return joints;
    }

    /** By how much of the body is seen: four ranges, and whole bodies. */
    public List<Visibility> visibility() {
        List<Visibility> ranges = new ArrayList<>();
        for (int i = 0; i < SHARES.length; i++) {
            double from = SHARES[i];
            double to = i + 1 < SHARES.length ? SHARES[i + 1] : 1;
            List<FrameError> frames = result.frames().stream().filter(f -> from == 1 ? f.visible() == 1 : f.visible() >= from && f.visible() < to).toList();
            ranges.add(new Visibility(from, to, Scores.of(frames, framesPerSecond)));
        }
        return ranges;
    }
}
