package io.github.remocap.assets;

import io.github.remocap.body.BodyModel;
import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.MemoryBudget;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NpyArray;
import io.github.remocap.io.numpy.NumpyGlobals;
import io.github.remocap.io.pickle.PickleContext;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.io.pickle.PickleGlobals;
import io.github.remocap.io.pickle.PickleMachine;
import io.github.remocap.io.pickle.PickleObject;
import io.github.remocap.io.pickle.Pickles;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * SMPL's official model file: a Python pickle with NumPy, SciPy and chumpy objects, all read as data. Sizes are those of the file; they
 * must agree among its fields.
 */
public final class SmplModel {
    /** Coefficients of shape that are used; files have 10 or 300. */
    private static final int SHAPES = 10;
    private static final int MOST_NESTED = 8;

    private final Path path;
    private final Map<?, ?> fields;
    private final PickleContext context;

    private SmplModel(Path path, MappedFile file) throws IOException {
        this.path = path;
        MemoryBudget budget = MemoryBudget.of(file.data().byteSize(), 4);
        this.context = (bytes, what) -> budget.charge(bytes, Location.of(path), 0, what);
        PickleGlobals globals = PickleGlobals.builder().addAll(NumpyGlobals.globals(file.arena())).packageAsData("chumpy.").build();
        Object content = PickleMachine.read(new ByteCursor(Location.of(path), file.data()), globals, budget, null);
        if (!(content instanceof Map<?, ?> map)) {
            throw new IOException(path + ": expected SMPL's dict of fields (v_template, f, weights and others)");
        }
        fields = map;
    }

    /**
     * The whole model.
     *
     * @throws IOException naming file and field where something is wrong
     */
    public static BodyModel read(Path path) throws IOException {
        try (MappedFile file = MappedFile.open(path)) {
            return new SmplModel(path, file).body();
        }
    }

    /**
     * The faces, three vertex numbers each.
     *
     * @throws IOException naming file and field where something is wrong
     */
    public static int[] readFaces(Path path) throws IOException {
        try (MappedFile file = MappedFile.open(path)) {
            return new SmplModel(path, file).faces();
        }
    }

    private int[] faces() throws IOException {
        if (!(value("f") instanceof StoredTensor faces)) {
            throw wrong("f", "an array of integers [faces,3]");
        }
        return Assets.faces(faces, path + ": field 'f'");
    }

    private BodyModel body() throws IOException {
        StoredTensor template = numbers("v_template", -1, 3);
        int v = template.shape().dim(0);
        StoredTensor tree = numbers("kintree_table", 2, -1);
        int j = tree.shape().dim(1);
        if (j < 1) {
            throw wrong("kintree_table", "at least one joint");
        }
        StoredTensor shapes = numbers("shapedirs", v, 3, -1);
        StoredTensor poses = numbers("posedirs", v, 3, 9 * (j - 1));
        try {
            return new BodyModel(template.toFloats(), first(shapes, SHAPES), poses.toFloats(), sparse("J_regressor", j, v), sparse("weights", v, j),
                parents(tree, j), faces());
        } catch (IllegalArgumentException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    /** The first coefficients of {@code [v,3,k]}. */
    private static float[] first(StoredTensor shapes, int most) {
        int k = shapes.shape().dim(2);
        int kept = Math.min(k, most);
        float[] all = shapes.toFloats();
        int rows = 3 * shapes.shape().dim(0);
        float[] out = new float[rows * kept];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(all, row * k, out, row * kept, kept);
        }
        return out;
    }

    /** The table has parents above joints, which are named by any numbers; the root's parent is -1, often as an unsigned integer. */
    private int[] parents(StoredTensor tree, int joints) throws IOException {
        int[] parents = new int[joints];
        parents[0] = -1;
        for (int i = 1; i < joints; i++) {
            parents[i] = -1;
            for (int p = 0; p < i; p++) {
                parents[i] = tree.getLong(joints + (long) p) == tree.getLong(i) ? p : parents[i];
            }
            if (parents[i] < 0) {
                throw wrong("kintree_table", "a parent before joint " + i + ", not " + tree.getLong(i));
            }
        }
        return parents;
    }

    private SparseMatrix sparse(String name, int rows, int columns) throws IOException {
        SparseMatrix matrix = value(name) instanceof SparseMatrix m ? m : null;
        if (matrix == null) {
            matrix = SparseMatrix.fromDense(rows, columns, numbers(name, rows, columns).toDoubles());
        }
        if (matrix.rows() != rows || matrix.cols() != columns) {
            throw wrong(name, rows + "x" + columns + ", found " + matrix);
        }
        return matrix;
    }

    /** A field that holds numbers of a shape; -1 stands for any extent. */
    private StoredTensor numbers(String name, int... extents) throws IOException {
        Object value = value(name);
        StoredTensor tensor = value instanceof SparseMatrix m ? StoredTensor.ofDoubles(Shape.of(m.rows(), m.cols()), m.toDense())
            : value instanceof StoredTensor t ? t : null;
        if (tensor == null) {
            throw wrong(name, "an array of numbers, found " + Pickles.describe(value));
        }
        boolean fits = tensor.shape().rank() == extents.length && tensor.type() != DType.BOOL;
        for (int i = 0; fits && i < extents.length; i++) {
            fits = extents[i] < 0 || tensor.shape().dim(i) == extents[i];
        }
        if (!fits) {
            throw wrong(name, "numbers " + Arrays.toString(extents).replace("-1", "any") + ", found " + tensor);
        }
        return tensor;
    }

    private IOException wrong(String field, String expected) {
        return new CorruptFileException(path, field, -1, "expected field '" + field + "' to have " + expected);
    }

    /** A field as StoredTensor or SparseMatrix, whatever wraps it; other values as they are. */
    private @Nullable Object value(String name) throws IOException {
        if (!fields.containsKey(name)) {
            throw new IOException(path + ": no field '" + name + "', only " + fields.keySet());
        }
        try {
            return plain(fields.get(name), 0);
        } catch (PickleException e) {
            throw new CorruptFileException(path, name, -1, "expected in field '" + name + "' " + e.getMessage());
        }
    }

    private @Nullable Object plain(@Nullable Object value, int depth) throws IOException, PickleException {
        Object known = NumpyGlobals.unwrap(value, context);
        return switch (known) {
            case NpyArray.Numbers(var tensor) -> tensor;
            case PickleObject o when o.className().startsWith("chumpy.") -> chumpy(o, depth);
            case null, default -> known;
        };
    }

    /** chumpy's differentiable arrays: plain ones ({@code x}), and views of others. */
    private StoredTensor chumpy(PickleObject o, int depth) throws IOException, PickleException {
        if (depth >= MOST_NESTED) {
            throw new PickleException("chumpy objects nested less than " + MOST_NESTED + " deep");
        }
        String kind = o.className().substring(o.className().lastIndexOf('.') + 1);
        return switch (kind) {
            case "Ch" -> inner(o, "x", depth);
            case "Select" -> {
                StoredTensor from = inner(o, "a", depth);
                StoredTensor at = inner(o, "idxs", depth);
                yield select(from, at, o.attribute("preferred_shape") == null ? at.shape() : shape(o.attribute("preferred_shape"), at.size()));
            }
            case "Reshape" -> {
                StoredTensor from = inner(o, "a", depth);
                yield new StoredTensor(from.type(), shape(o.attribute("newshape"), from.size()), from.data());
            }
            default -> throw new PickleException("an array, chumpy's Ch, Select or Reshape of one, not " + o.className());
        };
    }

    private StoredTensor inner(PickleObject o, String attribute, int depth) throws IOException, PickleException {
        Object value = plain(o.attribute(attribute), depth + 1);
        if (value instanceof StoredTensor tensor) {
            return tensor;
        }
        throw Pickles.wrong(value, "attribute " + attribute + " of " + o.className(), "an array of numbers");
    }

    private StoredTensor select(StoredTensor from, StoredTensor at, Shape shape) throws IOException, PickleException {
        context.charge(8 * at.size(), "an array selected from another");
        double[] out = new double[Math.toIntExact(at.size())];
        for (int i = 0; i < out.length; i++) {
            long index = at.getLong(i);
            if (index < 0 || index >= from.size()) {
                throw new PickleException("indices of a selection from 0 to " + (from.size() - 1) + ", not " + index);
            }
            out[i] = from.getDouble(index);
        }
        return StoredTensor.ofDoubles(shape, out);
    }

    private static Shape shape(@Nullable Object value, long size) throws PickleException {
        long[] extents = value instanceof Long n ? new long[] {n} : Pickles.integers(value, "a shape of chumpy");
        int[] dims = new int[extents.length];
        long product = 1;
        for (int i = 0; i < dims.length; i++) {
            if (extents[i] < 0 || extents[i] > Integer.MAX_VALUE || extents[i] != 0 && product > size / extents[i]) {
                throw new PickleException("a shape of chumpy with " + size + " elements");
            }
            dims[i] = (int) extents[i];
            product *= extents[i];
        }
        if (product != size) {
            throw new PickleException("a shape of chumpy with " + size + " elements, not " + product);
        }
        return Shape.of(dims);
    }
}
