package io.github.remocap.data;

import java.util.Collection;
import java.util.Optional;
import java.util.regex.Pattern;

/** Test sets that papers report, recognised by the names of their sequences. */
public enum KnownData {
    /** 3DPW's test set; its pictures are 30 a second. */
    PW3D("3DPW", 30, 81.9, 72.7, 44.1),
    /** Human3.6M's subjects 9 and 11; METRO's files have every fifth of 50 frames a second. */
    H36M("Human3.6M", 10, Double.NaN, 52.8, 33.4);

    private static final Pattern TEST_3DPW = Pattern.compile("(?:downtown|flat|office)_.+|outdoors_fencing_01");
    private static final Pattern TEST_H36M = Pattern.compile("S(?:9|11)_.+\\.\\d{8}");

    private final String title;
    private final double framesPerSecond;
    private final double mpvpe;
    private final double mpjpe;
    private final double paMpjpe;

    KnownData(String title, double framesPerSecond, double mpvpe, double mpjpe, double paMpjpe) {
        this.title = title;
        this.framesPerSecond = framesPerSecond;
        this.mpvpe = mpvpe;
        this.mpjpe = mpjpe;
        this.paMpjpe = paMpjpe;
    }

    /** Which one has these sequences; a part of its sequences will do. */
    public static Optional<KnownData> of(Collection<String> sequences) {
        if (!sequences.isEmpty() && sequences.stream().allMatch(s -> Persons3dpw.in(s) != null && TEST_3DPW.matcher(s).matches())) {
            return Optional.of(PW3D);
        }
        return !sequences.isEmpty() && sequences.stream().allMatch(s -> TEST_H36M.matcher(s).matches()) ? Optional.of(H36M) : Optional.empty();
    }

    /** Its name. */
    public String title() {
        return title;
    }

    /** Frames of a track in a second. */
    public double framesPerSecond() {
        return framesPerSecond;
    }

    /** RemoCap's MPVPE in the paper, in mm; NaN where it gives none. */
    public double mpvpe() {
        return mpvpe;
    }

    /** RemoCap's MPJPE in the paper, in mm. */
    public double mpjpe() {
        return mpjpe;
    }

    /** RemoCap's PA-MPJPE in the paper, in mm. */
    public double paMpjpe() {
        return paMpjpe;
    }
}
