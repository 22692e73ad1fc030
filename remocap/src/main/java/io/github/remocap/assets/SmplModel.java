package io.github.remocap.assets;

import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.MemoryBudget;
import io.github.remocap.io.numpy.NpyArray;
import io.github.remocap.io.numpy.NumpyGlobals;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.io.pickle.PickleGlobals;
import io.github.remocap.io.pickle.PickleMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** SMPL's official model file: a Python pickle with NumPy, SciPy and chumpy objects, all read as data. */
public final class SmplModel {
    private SmplModel() {
    }

    /**
     * The faces, three vertex numbers each.
     *
     * @throws IOException naming file and field where something is wrong
     */
    public static int[] readFaces(Path path) throws IOException {
        try (MappedFile file = MappedFile.open(path)) {
            Map<?, ?> fields = fields(file, path);
            NpyArray faces = array(fields, "f", file, path);
            if (!(faces instanceof NpyArray.Numbers(var tensor))) {
                throw new IOException(path + ": field 'f' must hold numbers");
            }
            return Assets.faces(tensor, path + ": field 'f'");
        }
    }

    private static Map<?, ?> fields(MappedFile file, Path path) throws IOException {
        PickleGlobals globals = PickleGlobals.builder().addAll(NumpyGlobals.globals(file.arena())).packageAsData("chumpy.").build();
        Object content = PickleMachine.read(new ByteCursor(Location.of(path), file.data()), globals, MemoryBudget.of(file.data().byteSize(), 4), null);
        if (!(content instanceof Map<?, ?> fields)) {
            throw new IOException(path + ": expected SMPL's dict of fields (v_template, f, weights and others)");
        }
        return fields;
    }

    private static NpyArray array(Map<?, ?> fields, String name, MappedFile file, Path path) throws IOException {
        @Nullable Object value = fields.get(name);
        if (value == null) {
            throw new IOException(path + ": no field '" + name + "', only " + fields.keySet());
        }
        MemoryBudget budget = MemoryBudget.of(file.data().byteSize(), 4);
        try {
            Object plain = NumpyGlobals.unwrap(value, (bytes, what) -> budget.charge(bytes, Location.of(path), 0, what));
            if (plain instanceof NpyArray array) {
                return array;
            }
        } catch (PickleException e) {
            throw new CorruptFileException(path, name, -1, "expected " + e.getMessage());
        }
        throw new CorruptFileException(path, name, -1, "expected an array");
    }
}
