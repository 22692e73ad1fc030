package io.github.remocap.io.numpy;

import io.github.remocap.io.pickle.PickleContext;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.io.pickle.PickleGlobals;
import io.github.remocap.io.pickle.PickleObject;
import io.github.remocap.io.pickle.PickleTuple;
import io.github.remocap.io.pickle.Pickles;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The names under which pickles know NumPy's arrays and scalars and SciPy's sparse matrices. */
public final class NumpyGlobals {
    private NumpyGlobals() {}

    /**
     * Arrays become {@link PickledArray}s, scalars Long, Double, Boolean or String, sparse matrices {@link PickleObject}s
     * for {@link ScipySparse}.
     *
     * @param arena owns elements that must be copied
     */
    public static PickleGlobals globals(Arena arena) {
        PickleGlobals.Builder b = PickleGlobals.builder().withPython();
        b.constant("numpy.ndarray", "numpy.ndarray");
        b.constructor("numpy.dtype", (arguments, context) ->
            new PickledType(NumpyType.parse(arguments.expect("numpy.dtype", 1, 3).text(0, "an element type"))));
        for (String core : new String[] {"numpy.core", "numpy._core"}) {
            b.constructor(core + ".multiarray._reconstruct", (arguments, context) -> {
                arguments.expect("_reconstruct", 3, 3);
                return new PickledArray(arena);
            });
            b.constructor(core + ".multiarray.scalar", (arguments, context) -> scalar(arguments, arena, context));
            b.constructor(core + ".numeric._frombuffer", (arguments, context) -> {
                arguments.expect("_frombuffer", 4, 4);
                PickledArray array = new PickledArray(arena);
                array.fill(arguments.integers(2, "shape"), arguments.get(1), arguments.text(3, "order").equals("F"), arguments.get(0), context);
                return array;
            });
        }
        // The types named as values, as in numpy.float64 in the arguments of a training run.
        for (String type : new String[] {"float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool_"}) {
            b.constant("numpy." + type, "numpy." + type);
        }
        return b.asData(ScipySparse.CLASSES).build();
    }

    /** {@code scalar(dtype, bytes)}. */
    private static Object scalar(PickleTuple arguments, Arena arena, PickleContext context) throws PickleException, IOException {
        arguments.expect("a scalar", 2, 2);
        NumpyType type = PickledType.of(arguments.get(0));
        long bytes = Pickles.byteCount(arguments.get(1), "the value of a scalar");
        if (bytes != type.bytes()) {
            throw new PickleException("a scalar of " + type.bytes() + " bytes, not " + bytes);
        }
        MemorySegment data = Pickles.bytes(arguments.get(1), "the value of a scalar");
        return switch (type.array(Shape.SCALAR, data, false, arena, context)) {
            case NpyArray.Numbers(var t) -> switch (t.type()) {
                case BOOL -> t.getLong(0) != 0;
                case U8, I8, I16, I32, I64 -> t.getLong(0);
                case F16, BF16, F32, F64 -> t.getDouble(0);
            };
            case NpyArray.Texts texts -> texts.texts().get(0);
            case NpyArray.Objects objects -> throw new PickleException("a scalar that is no object");
        };
    }

    /**
     * A pickled value in its final form: an array as {@link NpyArray}, a sparse matrix as {@code SparseMatrix}, all else
     * as it is. Not applied to what the value contains.
     *
     * @throws PickleException if a sparse matrix is damaged, or an array was never filled
     */
    public static @Nullable Object unwrap(@Nullable Object value, PickleContext context) throws PickleException, IOException {
        return switch (value) {
            case PickledArray a when !a.isFilled() -> throw new PickleException("an array that is given its elements");
            case PickledArray a -> a.array();
            case PickleObject o when ScipySparse.isSparse(o) -> ScipySparse.toMatrix(o, context);
            case null, default -> value;
        };
    }
}
