package io.github.remocap.evaluate;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.remocap.data.KnownData;
import io.github.remocap.io.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** {@code evaluation.json}, {@code frames.csv}, {@code sequences.csv}, {@code joints.csv} and {@code visibility.csv}. NaN is null, or an empty cell. */
final class EvaluationFiles {
    private static final String SCORES = "frames,mpvpe_mm,mpjpe_mm,pa_mpjpe_mm,acceleration_mm_per_frame2,acceleration_m_per_s2";

    private EvaluationFiles() {
    }

    static void write(Path folder, Evaluation e) throws IOException {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        write(folder.resolve("evaluation.json"), mapper.writeValueAsBytes(json(mapper, e)));
        StringBuilder frames = new StringBuilder("row,image,sequence,track,frame,mpvpe_mm,mpjpe_mm,pa_mpjpe_mm,visible\n");
        for (FrameError f : e.result().frames()) {
            frames.append(f.row()).append(',').append(text(f.annotation().image())).append(',').append(text(f.annotation().sequence())).append(',')
                .append(f.track()).append(',').append(f.annotation().frame());
            numbers(frames, f.mpvpe(), f.mpjpe(), f.paMpjpe(), f.visible());
        }
        csv(folder.resolve("frames.csv"), frames);
        StringBuilder sequences = new StringBuilder("sequence," + SCORES + "\n");
        e.sequences().forEach((name, s) -> scores(sequences.append(text(name)), s));
        scores(sequences.append("overall"), e.overall());
        csv(folder.resolve("sequences.csv"), sequences);
        StringBuilder joints = new StringBuilder("joint,mpjpe_mm,pa_mpjpe_mm\n");
        e.joints().forEach(j -> numbers(joints.append(text(j.name())), j.error(), j.aligned()));
        csv(folder.resolve("joints.csv"), joints);
        StringBuilder visibility = new StringBuilder("from,to," + SCORES + "\n");
        e.visibility().forEach(v -> scores(visibility.append(v.from()).append(',').append(v.to()), v.scores()));
        csv(folder.resolve("visibility.csv"), visibility);
    }

    static void write(Path file, byte[] bytes) throws IOException {
        AtomicFile.write(file, channel -> {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        });
    }

    private static void csv(Path file, StringBuilder rows) throws IOException {
        write(file, rows.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String text(String cell) {
        return cell.matches("[^\",\\n\\r]*") ? cell : '"' + cell.replace("\"", "\"\"") + '"';
    }

    private static void scores(StringBuilder row, Scores s) {
        numbers(row.append(',').append(s.frames()), s.mpvpe(), s.mpjpe(), s.paMpjpe(), s.acceleration(), s.accelerationPerSecond());
    }

    private static void numbers(StringBuilder row, double... values) {
        for (double v : values) {
            row.append(',').append(Double.isNaN(v) ? "" : Double.toString(v));
        }
        row.append('\n');
    }

    private static ObjectNode json(ObjectMapper mapper, Evaluation e) {
        ObjectNode root = mapper.createObjectNode();
        ObjectNode data = root.putObject("data");
        data.put("name", e.data());
        data.put("protocol", e.clips().protocol().name().toLowerCase(Locale.ROOT));
        data.put("clips", e.clips().clips().size());
        data.put("tracks", e.clips().tracks());
        data.put("rows", e.clips().rows());
        data.put("rows_left_out", e.clips().left());
        data.put("damaged_clips", e.result().damagedClips());
        put(data, "frames_per_second", e.framesPerSecond());
        ObjectNode settings = root.putObject("settings");
        e.settings().forEach(settings::put);
        root.put("complete", e.result().complete());
        scores(root.putObject("overall"), e.overall());
        KnownData known = e.known();
        if (known == null) {
            root.putNull("paper");
        } else {
            ObjectNode paper = root.putObject("paper");
            paper.put("data", known.title());
            put(paper, "mpvpe_mm", known.mpvpe());
            put(paper, "mpjpe_mm", known.mpjpe());
            put(paper, "pa_mpjpe_mm", known.paMpjpe());
        }
        ArrayNode sequences = root.putArray("sequences");
        e.sequences().forEach((name, s) -> scores(sequences.addObject().put("name", name), s));
        ArrayNode joints = root.putArray("joints");
        e.joints().forEach(j -> put(put(joints.addObject().put("name", j.name()), "mpjpe_mm", j.error()), "pa_mpjpe_mm", j.aligned()));
        ArrayNode visibility = root.putArray("visibility");
        e.visibility().forEach(v -> scores(visibility.addObject().put("from", v.from()).put("to", v.to()), v.scores()));
        frames(root.putArray("frames"), e.result().frames());
        return root;
    }

    private static void frames(ArrayNode all, List<FrameError> frames) {
        for (FrameError f : frames) {
            ObjectNode o = all.addObject().put("row", f.row()).put("image", f.annotation().image()).put("sequence", f.annotation().sequence())
                .put("track", f.track()).put("frame", f.annotation().frame());
            put(o, "mpvpe_mm", f.mpvpe());
            put(o, "mpjpe_mm", f.mpjpe());
            put(o, "pa_mpjpe_mm", f.paMpjpe());
            put(o, "visible", f.visible());
        }
    }

    private static void scores(ObjectNode o, Scores s) {
        o.put("frames", s.frames());
        put(o, "mpvpe_mm", s.mpvpe());
        put(o, "mpjpe_mm", s.mpjpe());
        put(o, "pa_mpjpe_mm", s.paMpjpe());
        put(o, "acceleration_mm_per_frame2", s.acceleration());
        put(o, "acceleration_m_per_s2", s.accelerationPerSecond());
    }

    private static ObjectNode put(ObjectNode o, String name, double value) {
        return Double.isFinite(value) ? o.put(name, value) : o.putNull(name);
    }
}
