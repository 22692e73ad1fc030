package io.github.remocap.data;

import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.Location;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.MemoryBudget;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NpyArray;
import io.github.remocap.io.numpy.NumpyGlobals;
import io.github.remocap.io.pickle.PickleContext;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.io.pickle.PickleMachine;
import io.github.remocap.io.pickle.Pickles;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A sequence of 3DPW as its pickle has it, at the pictures' 30 frames a second.
 *
 * @param name of the sequence
 * @param frames number of pictures
 * @param intrinsics {@code [3,3]} of the camera
 * @param cameras {@code [frames,4,4]}: from the world to the camera
 * @param persons who is annotated
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Sequence3dpw(String name, int frames, double[] intrinsics, double[] cameras, List<Person> persons) {
    /**
     * A person.
     *
     * @param gender {@code female}, {@code male} or {@code none}
     * @param poses {@code [frames,72]} in the world
     * @param trans {@code [frames,3]} in the world
     * @param betas {@code [10]}
     * @param valid {@code [frames]}: whether the camera's pose is right for this person
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Person(String gender, float[] poses, float[] trans, float[] betas, boolean[] valid) {
    }

    /**
     * Reads a file.
     *
     * @throws IOException naming file, field and expectation where something is wrong
     */
    static Sequence3dpw read(Path path) throws IOException {
        try (MappedFile file = MappedFile.open(path)) {
            return new Reader(path, file).sequence();
        }
    }

    /** Fields of a pickle by Python 2: texts are Latin-1, lists have an array for each person. */
    private static final class Reader {
        private final Path path;
        private final PickleContext context;
        private final Map<?, ?> fields;

        Reader(Path path, MappedFile file) throws IOException {
            this.path = path;
            MemoryBudget budget = MemoryBudget.of(file.data().byteSize(), 16);
            this.context = (bytes, what) -> budget.charge(bytes, Location.of(path), 0, what);
            Object content = PickleMachine.read(new ByteCursor(Location.of(path), file.data()), NumpyGlobals.globals(file.arena()), budget, null);
            if (!(content instanceof Map<?, ?> map)) {
                throw new IOException(path + ": expected a sequence's dict of fields (poses, betas, cam_poses and others)");
            }
            fields = map;
        }

        Sequence3dpw sequence() throws IOException {
            StoredTensor cameras = numbers("cam_poses", fields.get("cam_poses"), -1, 4, 4);
            int frames = cameras.shape().dim(0);
            StoredTensor intrinsics = numbers("cam_intrinsics", fields.get("cam_intrinsics"), 3, 3);
            List<?> betas = list("betas", -1);
            int n = betas.size();
            List<?> genders = list("genders", n);
            List<?> valid = list("campose_valid", n);
            int[] ids = ids(frames);
            List<Person> persons = new ArrayList<>();
            for (int p = 0; p < n; p++) {
                float[] flags = numbers("campose_valid[" + p + "]", valid.get(p), frames).toFloats();
                boolean[] usable = new boolean[frames];
                for (int f = 0; f < frames; f++) {
                    usable[f] = flags[f] != 0;
                }
                float[] shape = numbers("betas[" + p + "]", betas.get(p), -1).toFloats();
                if (shape.length < Annotation.BETAS) {
                    throw wrong("betas[" + p + "]", "at least 10 numbers, found " + shape.length);
                }
                String gender = switch (String.valueOf(genders.get(p))) {
                    case "f", "female" -> "female";
                    case "m", "male" -> "male";
                    default -> "none";
                };
                persons.add(new Person(gender, motion("poses", n, p, frames, Annotation.POSE, ids), motion("trans", n, p, frames, 3, ids),
                    Arrays.copyOf(shape, Annotation.BETAS), usable));
            }
            Object name = fields.get("sequence");
            String stem = String.valueOf(path.getFileName()).replaceFirst("\\.pkl$", "");
            return new Sequence3dpw(name instanceof String s && !s.isBlank() ? s : stem, frames, intrinsics.toDoubles(), cameras.toDoubles(), persons);
        }

        /** Which of the 60 rows a second belongs to each picture; empty if the file does not say. */
        private int[] ids(int frames) throws IOException {
            Object value = fields.get("img_frame_ids");
            return value == null ? new int[0] : numbers("img_frame_ids", value, frames).toInts();
        }

        /**
         * Rows of a person at the pictures' rate. {@code poses} has them already, but some copies of the files have 60 a second there, or only
         * {@code poses_60Hz}: then {@code img_frame_ids} chooses.
         */
        private float[] motion(String field, int persons, int person, int frames, int width, int[] ids) throws IOException {
            String source = fields.containsKey(field) ? field : field + "_60Hz";
            String what = source + "[" + person + "]";
            StoredTensor rows = numbers(what, list(source, persons).get(person), -1, width);
            int found = rows.shape().dim(0);
            float[] all = rows.toFloats();
            if (found == frames && source.equals(field)) {
                return all;
            }
            if (ids.length != frames) {
                throw wrong(what, frames + " rows, one for each picture, or img_frame_ids to choose them; found " + found);
            }
            float[] out = new float[frames * width];
            for (int f = 0; f < frames; f++) {
                if (ids[f] < 0 || ids[f] >= found) {
                    throw wrong(what, "a row " + ids[f] + ", which img_frame_ids names for picture " + f + "; found " + found + " rows");
                }
                System.arraycopy(all, ids[f] * width, out, f * width, width);
            }
            return out;
        }

        private IOException wrong(String field, String expected) {
            return new IOException(path + ": field '" + field + "' must have " + expected);
        }

        private List<?> list(String name, int size) throws IOException {
            if (!(fields.get(name) instanceof List<?> list) || list.isEmpty() || size >= 0 && list.size() != size) {
                throw wrong(name, "a list with an entry for each person" + (size >= 0 ? " (" + size + ")" : "") + ", not "
                    + (fields.containsKey(name) ? Pickles.describe(fields.get(name)) : "missing"));
            }
            return list;
        }

        private StoredTensor numbers(String name, @Nullable Object value, int... extents) throws IOException {
            Object known;
            try {
                known = NumpyGlobals.unwrap(value, context);
            } catch (PickleException e) {
                throw wrong(name, String.valueOf(e.getMessage()));
            }
            String expected = "numbers " + Arrays.toString(extents).replace("-1", "any");
            if (!(known instanceof NpyArray.Numbers(var tensor))) {
                throw wrong(name, expected + ", not " + (value == null ? "missing" : Pickles.describe(value)));
            }
            Shape shape = tensor.shape();
            boolean fits = shape.rank() == extents.length;
            for (int i = 0; fits && i < extents.length; i++) {
                fits = extents[i] < 0 || shape.dim(i) == extents[i];
            }
            if (!fits) {
                throw wrong(name, expected + ", found " + shape);
            }
            return tensor;
        }
    }
}
