package io.github.remocap.run;

import io.github.remocap.image.Box;
import io.github.remocap.image.Boxes;
import io.github.remocap.image.FrameSource;
import io.github.remocap.image.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which frames are computed, and in which clips.
 *
 * @param frames in order, without gaps
 * @param skipped the frames of the input that have no box
 */
record Plan(List<Planned> frames, List<RunResult.Skipped> skipped) {
    /** A frame of the input and its box; null for the whole frame. */
    record Planned(int index, @Nullable Box box) {}

    /** @throws InputException if no frame has a box */
    static Plan of(FrameSource source, @Nullable Boxes boxes, @Nullable Path boxesFile) {
        List<Planned> frames = new ArrayList<>();
        List<RunResult.Skipped> skipped = new ArrayList<>();
        if (boxes == null) {
            for (int i = 0; i < source.size(); i++) {
                frames.add(new Planned(i, null));
            }
            return new Plan(frames, skipped);
        }
        for (int i = 0; i < source.size(); i++) {
            Optional<Box> box = boxes.at(i);
            if (box.isPresent()) {
                frames.add(new Planned(i, box.get()));
            }
        }
        if (frames.isEmpty()) {
            throw InputException.of(String.valueOf(boxesFile), "column frame", "rows for frames " + boxes.first() + " to " + boxes.last()
                    + ", but " + source.input() + " has frames 0 to " + (source.size() - 1), "at least one frame with a box");
        }
        if (boxes.first() > 0) {
            skipped.add(new RunResult.Skipped(0, boxes.first() - 1, "before the first box"));
        }
        if (boxes.last() < source.size() - 1) {
            skipped.add(new RunResult.Skipped(boxes.last() + 1, source.size() - 1, "after the last box"));
        }
        return new Plan(frames, skipped);
    }

    /** The frames in clips of {@code size}; the last one may be shorter. */
    List<List<Planned>> clips(int size) {
        List<List<Planned>> clips = new ArrayList<>();
        for (int from = 0; from < frames.size(); from += size) {
            clips.add(frames.subList(from, Math.min(from + size, frames.size())));
        }
        return clips;
    }
}
