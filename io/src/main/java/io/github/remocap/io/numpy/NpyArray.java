package io.github.remocap.io.numpy;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An array of NumPy: numbers, texts, or Python objects. */
public sealed interface NpyArray {
    /** Extents. */
    Shape shape();

    /**
     * Numbers.
     *
     * @param tensor the elements; 16- and 32-bit unsigned integers are widened to the next signed type
     */
    record Numbers(StoredTensor tensor) implements NpyArray {
        @Override
        public Shape shape() {
            return tensor.shape();
        }
    }

    /**
     * Unicode or byte strings (the latter as Latin-1).
     *
     * @param shape extents
     * @param texts elements, row-major
     */
    record Texts(Shape shape, List<String> texts) implements NpyArray {}

    /**
     * Python objects: sparse matrices as {@code SparseMatrix}, nested arrays as {@code NpyArray}, and everything that
     * {@code PickleMachine} makes.
     *
     * @param shape extents
     * @param objects elements, row-major
     */
    record Objects(Shape shape, List<@Nullable Object> objects) implements NpyArray {
        /**
         * The elements, all of one class.
         *
         * @throws IllegalStateException if one is of another
         */
        public <T> List<T> as(Class<T> type) {
            List<T> out = new ArrayList<>();
            for (Object o : objects) {
                if (!type.isInstance(o)) {
                    throw new IllegalStateException("object " + out.size() + " of the array is " + (o == null ? "None" : o.getClass().getSimpleName())
                        + ", not " + type.getSimpleName());
                }
                out.add(type.cast(o));
            }
            return out;
        }
    }
}
