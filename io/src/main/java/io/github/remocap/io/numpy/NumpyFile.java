package io.github.remocap.io.numpy;

import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.MemoryBudget;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.pickle.PickleContext;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.io.pickle.PickleGlobals;
import io.github.remocap.io.pickle.PickleMachine;
import io.github.remocap.io.zip.ZipArchive;
import io.github.remocap.io.zip.ZipMember;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * An npy or npz file, mapped. An npz has one array for each member {@code NAME.npy}; an npy file has one array named "".
 * Arrays are read when asked for, so that one array with unknown classes does not spoil the others. Stored, row-major,
 * little-endian arrays are slices of the file. Not for use by several threads at once.
 */
public final class NumpyFile implements AutoCloseable {
    private static final String SUFFIX = ".npy";

    private final MappedFile file;
    private final @Nullable ZipArchive archive;
    private final PickleGlobals globals;
    private final MemoryBudget budget;
    private final SequencedSet<String> names = new LinkedHashSet<>();
    private final Map<String, NpyArray> cache = new HashMap<>();

    private NumpyFile(MappedFile file, @Nullable ZipArchive archive, PickleGlobals globals, MemoryBudget budget) {
        this.file = file;
        this.archive = archive;
        this.globals = globals;
        this.budget = budget;
        if (archive == null) {
            names.add("");
        } else {
            archive.members().keySet().stream().filter(n -> n.endsWith(SUFFIX))
                .forEach(n -> names.add(n.substring(0, n.length() - SUFFIX.length())));
        }
    }

    /**
     * Maps a file; object arrays in it may hold NumPy arrays and SciPy's sparse matrices.
     *
     * @throws CorruptFileException if it is neither npy nor npz, or its directory is damaged
     */
    public static NumpyFile open(Path path) throws IOException {
        return open(path, PickleGlobals.builder().build());
    }

    /** As {@link #open(Path)}, and object arrays may also name the classes in {@code more}. */
    public static NumpyFile open(Path path, PickleGlobals more) throws IOException {
        MappedFile file = MappedFile.open(path);
        try {
            return open(file, more);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** As {@link #open(Path)}; the result owns the mapping and closes it. If this throws, the caller still owns it. */
    public static NumpyFile open(MappedFile file, PickleGlobals more) throws IOException {
        MemoryBudget budget = MemoryBudget.of(file.data().byteSize(), 64);
        PickleGlobals globals = PickleGlobals.builder().addAll(NumpyGlobals.globals(file.arena())).addAll(more).build();
        ByteCursor in = new ByteCursor(Location.of(file.path()), file.data());
        int first = in.u8("npy or npz file");
        return new NumpyFile(file, first == 'P' ? ZipArchive.open(file, budget) : null, globals, budget);
    }

    /** Names of the arrays, in file order. */
    public SequencedSet<String> names() {
        return Collections.unmodifiableSequencedSet(names);
    }

    /** The file and its lifetime. */
    public MappedFile file() {
        return file;
    }

    /**
     * An array.
     *
     * @throws io.github.remocap.io.pickle.RefusedGlobalException if it holds objects of classes not listed
     * @throws CorruptFileException if it is damaged
     * @throws IllegalArgumentException if there is none of that name
     */
    public NpyArray array(String name) throws IOException {
        if (!names.contains(name)) {
            throw new IllegalArgumentException(file.path() + " has no array '" + name + "', only " + names);
        }
        NpyArray known = cache.get(name);
        if (known == null) {
            known = archive == null ? read(new ByteCursor(Location.of(file.path()), file.data())) : readMember(name, archive);
            cache.put(name, known);
        }
        return known;
    }

    /**
     * An array of numbers.
     *
     * @throws CorruptFileException if it is damaged, or holds texts or objects
     * @throws IllegalArgumentException if there is none of that name
     */
    public StoredTensor tensor(String name) throws IOException {
        if (array(name) instanceof NpyArray.Numbers(var tensor)) {
            return tensor;
        }
        throw Location.of(file.path()).entry(name).corrupt(-1, "expected an array of numbers, found texts or objects");
    }

    /**
     * An array of sparse matrices, flattened.
     *
     * @throws CorruptFileException if it is damaged, or holds anything else
     * @throws IllegalArgumentException if there is none of that name
     */
    public List<SparseMatrix> sparse(String name) throws IOException {
        if (array(name) instanceof NpyArray.Objects o && o.objects().stream().allMatch(SparseMatrix.class::isInstance)) {
            return o.as(SparseMatrix.class);
        }
        throw Location.of(file.path()).entry(name).corrupt(-1, "expected an array of sparse matrices");
    }

    private NpyArray readMember(String name, ZipArchive archive) throws IOException {
        ZipMember member = archive.members().get(name + SUFFIX);
        return read(new ByteCursor(archive.location(member), archive.read(member)));
    }

    private NpyArray read(ByteCursor in) throws IOException {
        NpyHeader header = NpyHeader.read(in);
        long start = in.position();
        PickleContext context = (bytes, what) -> budget.charge(bytes, in.location(), start, what);
        try {
            if (header.type().isObject()) {
                return objects(in, header.shape(), context);
            }
            long bytes = header.shape().size() * header.type().bytes();
            NpyArray array = header.type().array(header.shape(), in.slice(bytes, "elements of " + header.shape()), header.fortran(),
                file.arena(), context);
            if (in.remaining() > 0) {
                throw in.location().corrupt(in.position(), "expected the end after " + bytes + " bytes of elements, found " + in.remaining() + " more");
            }
            return array;
        } catch (PickleException e) {
            throw in.location().corrupt(start, "expected " + e.getMessage());
        }
    }

    /** The elements follow the header as one pickle of the whole array. */
    private NpyArray objects(ByteCursor in, Shape shape, PickleContext context) throws IOException, PickleException {
        Object value = NumpyGlobals.unwrap(PickleMachine.read(in, globals, budget, null), context);
        if (!(value instanceof NpyArray.Objects o) || !o.shape().equals(shape)) {
            throw new PickleException("a pickled object array of shape " + shape);
        }
        List<@Nullable Object> items = new ArrayList<>();
        for (Object item : o.objects()) {
            items.add(NumpyGlobals.unwrap(item, context));
        }
        return new NpyArray.Objects(shape, Collections.unmodifiableList(items));
    }

    /**
     * Checks all members of an npz against their checksums; reads the whole file. An npy file has none.
     *
     * @throws CorruptFileException naming the first damaged member
     */
    public void verify() throws IOException {
        if (archive != null) {
            for (ZipMember m : archive.members().values()) {
                archive.verify(m);
            }
        }
    }

    /** Unmaps the file; its tensors must not be used any more. */
    @Override
    public void close() {
        file.close();
    }
}
