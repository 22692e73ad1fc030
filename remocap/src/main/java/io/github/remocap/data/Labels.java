package io.github.remocap.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.remocap.data.Annotation.Place;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Labels of METRO's TSV files: a list of JSON objects, of which the first counts, as in the reference. */
final class Labels {
    private static final JsonMapper JSON = JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build(); // Python writes NaN

    private Labels() {
    }

    /** The sequence of a key by the reference's rule: {@code images/S1_Walking_1.54138969_000001.jpg} is Human3.6M's layout. */
    static String sequence(String key) {
        String[] parts = key.split("/", -1);
        if (!parts[0].equals("images") || parts.length < 2) {
            return parts[0];
        }
        int end = parts[1].lastIndexOf('_');
        return end < 0 ? "" : parts[1].substring(0, end);
    }

    /** The last number in a key; {@code otherwise} if it has none that fits an int. */
    static int frame(String key, int otherwise) {
        int end = key.length();
        while (end > 0 && !digit(key.charAt(end - 1))) {
            end--;
        }
        int from = end;
        while (from > 0 && digit(key.charAt(from - 1))) {
            from--;
        }
        return from == end || end - from > 9 ? otherwise : Integer.parseInt(key, from, end, 10);
    }

    private static boolean digit(char c) {
        return c >= '0' && c <= '9';
    }

    /** Place of a row by its key, and by what the label begins with where {@link TsvWriter} wrote it. */
    static Place place(String key, byte @Nullable [] label, int row) {
        String sequence = sequence(key);
        int track = Annotation.UNKNOWN;
        int frame = frame(key, row);
        if (label == null) {
            return new Place(key, sequence, track, frame);
        }
        try (JsonParser in = JSON.createParser(label)) {
            if (in.nextToken() == JsonToken.START_ARRAY && in.nextToken() == JsonToken.START_OBJECT) {
                while (in.nextToken() == JsonToken.FIELD_NAME) {
                    String field = in.currentName();
                    JsonToken value = in.nextToken();
                    if (field.equals("sequence") && value == JsonToken.VALUE_STRING) {
                        sequence = in.getText();
                    } else if (field.equals("track") && value == JsonToken.VALUE_NUMBER_INT) {
                        track = in.getIntValue();
                    } else if (field.equals("frame") && value == JsonToken.VALUE_NUMBER_INT) {
                        frame = in.getIntValue();
                    } else {
                        break;
                    }
                }
            }
        } catch (IOException e) {
            // a damaged label still has a place by its key; the damage is reported by whoever reads the annotation
            return new Place(key, sequence(key), Annotation.UNKNOWN, frame(key, row));
        }
        return new Place(key, sequence, track, frame);
    }

    /**
     * A label.
     *
     * @throws IllegalArgumentException naming field and expectation
     */
    static Annotation parse(byte[] label, Place place) {
        JsonNode all;
        try {
            all = JSON.readTree(label);
        } catch (IOException e) {
            throw new IllegalArgumentException("label is no JSON: " + first(e.getMessage()), e);
        }
        JsonNode o = all.path(0);
        if (!o.isObject()) {
            throw new IllegalArgumentException("label must be a list with one object for the person");
        }
        boolean has2d = flag(o, "has_2d_joints");
        boolean has3d = flag(o, "has_3d_joints");
        boolean hasSmpl = flag(o, "has_smpl");
        return new Annotation(place.image(), place.sequence(), place.track(), place.frame(), numbers(o, "center", 2, true),
            numbers(o, "scale", 1, true)[0], numbers(o, "2d_joints", 24 * 3, has2d), numbers(o, "3d_joints", 24 * 4, has3d),
            numbers(o, "pose", Annotation.POSE, hasSmpl), numbers(o, "betas", Annotation.BETAS, hasSmpl), has2d, has3d, hasSmpl,
            o.path("gender").asText("none"));
    }

    private static String first(@Nullable String message) {
        return message == null ? "" : message.lines().findFirst().orElse("");
    }

    private static boolean flag(JsonNode o, String field) {
        JsonNode value = o.path(field);
        while (value.isArray() && value.size() == 1) {
            value = value.get(0);
        }
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        if (value.isNumber() && (value.doubleValue() == 0 || value.doubleValue() == 1)) {
            return value.doubleValue() == 1;
        }
        throw new IllegalArgumentException(field + " must be 0 or 1" + (value.isMissingNode() ? "; it is missing" : ", not " + brief(value)));
    }

    /** Numbers of nested lists in order; zeros if the field may be missing or is not meant. */
    private static float[] numbers(JsonNode o, String field, int count, boolean needed) {
        JsonNode value = o.path(field);
        if (!needed && (value.isMissingNode() || value.isNull() || value.isArray() && value.isEmpty())) {
            return new float[count];
        }
        float[] out = new float[count];
        int found = collect(value, out, 0, field);
        if (found != count) {
            throw new IllegalArgumentException(field + " must have " + count + " numbers" + (value.isMissingNode() ? "; it is missing" : ", found " + found));
        }
        if (!needed) {
            Arrays.fill(out, 0);
        }
        return out;
    }

    private static int collect(JsonNode value, float[] out, int at, String field) {
        if (value.isArray()) {
            int next = at;
            for (JsonNode inner : value) {
                next = collect(inner, out, next, field);
            }
            return next;
        }
        if (value.isMissingNode()) {
            return at;
        }
        if (!value.isNumber()) {
            throw new IllegalArgumentException(field + " must be numbers, not " + brief(value));
        }
        if (at < out.length) {
            out[at] = value.floatValue();
        }
        return at + 1;
    }

    private static String brief(JsonNode value) {
        String text = value.toString();
        return text.length() > 40 ? text.substring(0, 40) + "..." : text;
    }
}
