package io.github.remocap.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.remocap.image.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads, compares and writes result.json. */
public final class ResultFile {
    /** The file's name in a run's output folder. */
    public static final String NAME = "result.json";

    private static final String EXPECTED = "a result.json written by 'remocap run' (" + RunResult.FORMAT + ")";
    /** What may differ between a run and its continuation; boxes and skipped frames are compared frame by frame. */
    private static final Set<String> FREE = Set.of("complete", "frames", "boxes", "skipped");

    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS) // FrameCamera.isFinite() is no field
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();
    private static final ObjectWriter WRITER = JSON.writer(new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")));

    private ResultFile() {}

    /** Reads the result in a folder; empty if there is none. @throws InputException if the file is not as described in {@link RunResult} */
    public static Optional<RunResult> read(Path folder) {
        Path file = folder.resolve(NAME);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonNode tree = JSON.readTree(Files.readAllBytes(file));
            String format = tree.path("format").asText("missing");
            if (!format.equals(RunResult.FORMAT)) {
                throw InputException.of(file, "field format", "found '" + format + "'", "'" + RunResult.FORMAT + "'");
            }
            return Optional.of(JSON.treeToValue(tree, RunResult.class));
        } catch (JsonProcessingException e) {
            throw InputException.of(file, "damaged: " + e.getOriginalMessage(), EXPECTED);
        } catch (IOException e) {
            throw InputException.of(file, "cannot be read", EXPECTED, e);
        }
    }

    /** Writes the result so that the old file or the new one is there, whatever happens. */
    static void write(Path folder, RunResult result) throws IOException {
        AtomicFiles.write(folder.resolve(NAME), (WRITER.writeValueAsString(result) + "\n").getBytes(StandardCharsets.UTF_8), true);
    }

    /**
     * Checks that {@code now} may continue {@code before}.
     *
     * @throws InputException naming the first field that differs
     */
    static void requireSame(Path folder, RunResult before, RunResult now) {
        ObjectNode old = JSON.valueToTree(before);
        ObjectNode fresh = JSON.valueToTree(now);
        old.remove(FREE);
        fresh.remove(FREE);
        ((ObjectNode) old.get("versions")).remove("java");
        ((ObjectNode) fresh.get("versions")).remove("java");
        compare(folder.resolve(NAME), "", old, fresh);
    }

    private static void compare(Path file, String field, JsonNode old, JsonNode fresh) {
        if (old.isObject() && fresh.isObject()) {
            Set<String> names = new TreeSet<>();
            old.fieldNames().forEachRemaining(names::add);
            fresh.fieldNames().forEachRemaining(names::add);
            for (String name : names) {
                compare(file, field.isEmpty() ? name : field + "." + name, old.path(name), fresh.path(name));
            }
        } else if (!old.equals(fresh)) {
            throw InputException.of(file, "field " + field, "the run to continue has " + old + ", this one has " + fresh,
                    "the same, or another --out for a new run");
        }
    }
}
