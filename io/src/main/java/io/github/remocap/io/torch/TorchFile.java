package io.github.remocap.io.torch;

import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.MemoryBudget;
import io.github.remocap.io.StridedView;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.io.pickle.PickleGlobals;
import io.github.remocap.io.pickle.PickleMachine;
import io.github.remocap.io.pickle.PickleTuple;
import io.github.remocap.io.pickle.Pickles;
import io.github.remocap.io.zip.ZipArchive;
import io.github.remocap.io.zip.ZipMember;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file by {@code torch.save}, in the zip format (since PyTorch 1.6) or the legacy one. Its content is a tree of
 * LinkedHashMap, ArrayList, PickleTuple, String, Long, Double, Boolean, null, {@code StoredTensor}, {@link SparseTensor},
 * {@link TorchSize} and what {@code NumpyGlobals} makes. Tensors are slices of the mapped file if their elements
 * are contiguous, and valid until this object is closed.
 *
 * <p>The tree may share or contain parts of itself if the file says so: walk it as a graph.
 */
public final class TorchFile implements AutoCloseable {
    /** The legacy format's first pickle. */
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long LEGACY_PROTOCOL = 1001;

    private final MappedFile file;
    private final @Nullable ZipArchive archive;
    private final @Nullable Object content;

    private TorchFile(MappedFile file, @Nullable ZipArchive archive, @Nullable Object content) {
        this.file = file;
        this.archive = archive;
        this.content = content;
    }

    /**
     * Reads the file's structure and maps its data.
     *
     * @throws io.github.remocap.io.pickle.RefusedGlobalException if its pickle names anything beyond tensors and plain data
     * @throws CorruptFileException if it is damaged, cut off, or in no format of PyTorch
     * @throws IOException if it cannot be read
     */
    public static TorchFile read(Path path) throws IOException {
        MappedFile file = MappedFile.open(path);
        try {
            return read(file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** As {@link #read(Path)}; the result owns the mapping and closes it. If this throws, the caller still owns it. */
    public static TorchFile read(MappedFile file) throws IOException {
        MemoryBudget budget = MemoryBudget.of(file.data().byteSize(), 2);
        ByteCursor in = new ByteCursor(Location.of(file.path()), file.data());
        if (in.size() >= 4 && in.i32("signature") == 0x04034b50) {
            ZipArchive archive = ZipArchive.open(file, budget);
            return new TorchFile(file, archive, readZip(file, archive, budget));
        }
        in.seek(0);
        return new TorchFile(file, null, readLegacy(file, in, budget));
    }

    /** What was saved. */
    public @Nullable Object content() {
        return content;
    }

    /** Whether this is the format that PyTorch wrote before 1.6. */
    public boolean isLegacy() {
        return archive == null;
    }

    /** The file and its lifetime. */
    public MappedFile file() {
        return file;
    }

    /**
     * Checks all bytes against the archive's checksums; reads the whole file. The legacy format has none.
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

    // ---- zip

    /** The member {@code data.pkl} or {@code NAME/data.pkl}, which makes an archive one of PyTorch's; null without. */
    public static @Nullable ZipMember pickleOf(ZipArchive archive) {
        for (ZipMember m : archive.members().values()) {
            int slash = m.name().indexOf('/');
            if (m.name().substring(slash + 1).equals("data.pkl")) {
                return m;
            }
        }
        return null;
    }

    private static @Nullable Object readZip(MappedFile file, ZipArchive archive, MemoryBudget budget) throws IOException {
        ZipMember pickle = pickleOf(archive);
        if (pickle == null) {
            throw Location.of(file.path()).corrupt(-1, "expected a member data.pkl, as in every archive by torch.save");
        }
        String prefix = pickle.name().substring(0, pickle.name().length() - "data.pkl".length());
        boolean bigEndian = isBigEndian(archive, archive.find(prefix + "byteorder"));
        Map<String, TorchStorage> storages = new HashMap<>();
        return PickleMachine.read(new ByteCursor(archive.location(pickle), archive.read(pickle)), TorchGlobals.of(file, true), budget,
            (id, context) -> {
                Reference r = Reference.of(id);
                TorchStorage storage = storages.get(r.key);
                if (storage == null) {
                    ZipMember member = archive.find(prefix + "data/" + r.key);
                    if (member == null) {
                        throw new PickleException("a member " + prefix + "data/" + CorruptFileException.printable(r.key) + " for a storage");
                    }
                    if (r.bytes() > member.size()) {
                        throw archive.location(member).corrupt(member.size(), "expected " + r.elements + " elements, " + r.bytes()
                            + " bytes, found " + member.size());
                    }
                    MemorySegment data = archive.read(member);
                    if (bigEndian && r.type.bytes() > 1) {
                        context.charge(data.byteSize(), "a storage in another byte order");
                        data = swapped(file, data.asSlice(0, r.bytes()), r.type.bytes());
                    }
                    storage = new TorchStorage(r.type.type(), data.asSlice(0, r.bytes()));
                    storages.put(r.key, storage);
                }
                return r.check(storage);
            });
    }

    private static boolean isBigEndian(ZipArchive archive, @Nullable ZipMember member) throws IOException {
        if (member == null) {
            return false;
        }
        ByteCursor in = new ByteCursor(archive.location(member), archive.read(member));
        String order = in.text(Math.min(in.size(), 16), StandardCharsets.ISO_8859_1, "byte order");
        return switch (order.strip()) {
            case "little" -> false;
            case "big" -> true;
            default -> throw archive.location(member).corrupt(0, "expected 'little' or 'big'");
        };
    }

    private static MemorySegment swapped(MappedFile file, MemorySegment data, int width) {
        MemorySegment to = file.arena().allocate(data.byteSize(), 64);
        StridedView.swapBytes(data, to, width);
        return to;
    }

    // ---- legacy

    private static @Nullable Object readLegacy(MappedFile file, ByteCursor in, MemoryBudget budget) throws IOException {
        PickleGlobals none = PickleGlobals.builder().build();
        Location location = in.location();
        if (!MAGIC.equals(PickleMachine.read(in, none, budget, null))) {
            throw location.corrupt(0, "expected the magic number of PyTorch's legacy format");
        }
        long at = in.position();
        if (!(PickleMachine.read(in, none, budget, null) instanceof Long protocol) || protocol != LEGACY_PROTOCOL) {
            throw location.corrupt(at, "expected protocol version " + LEGACY_PROTOCOL);
        }
        at = in.position();
        if (!(PickleMachine.read(in, none, budget, null) instanceof Map<?, ?> system)) {
            throw location.corrupt(at, "expected a dict that describes the system");
        }
        boolean bigEndian = Boolean.FALSE.equals(system.get("little_endian"));
        // The pickle comes before the data that it refers to: read once to learn the storages' types, and again with the data.
        long start = in.position();
        Map<String, StorageType> types = new LinkedHashMap<>();
        PickleMachine.read(in, TorchGlobals.of(file, false), budget, (id, context) -> {
            Reference r = Reference.of(id);
            StorageType known = types.putIfAbsent(r.key, new StorageType(r.type, r.elements));
            if (known != null && (!known.type.equals(r.type) || known.elements != r.elements)) {
                throw new PickleException("a storage of one type and size, not two");
            }
            return new TorchStorage(r.type.type(), MemorySegment.NULL);
        });
        at = in.position();
        if (!(PickleMachine.read(in, none, budget, null) instanceof List<?> keys)) {
            throw location.corrupt(at, "expected the list of storages");
        }
        Map<String, TorchStorage> storages = new HashMap<>();
        for (Object key : keys) {
            StorageType type = key instanceof String s ? types.get(s) : null;
            if (type == null || storages.containsKey(key)) {
                throw location.corrupt(at, "expected the list of storages to name each of them once");
            }
            long before = in.position();
            long elements = in.i64("storage size");
            int width = type.type.bytes();
            if (elements != type.elements || elements > in.remaining() / width) {
                throw location.entry("storage " + key).corrupt(before, "expected " + type.elements + " elements of " + width + " bytes, found a storage of "
                    + elements + " in the file's last " + in.remaining() + " bytes");
            }
            MemorySegment data = in.slice(elements * width, "storage");
            if (bigEndian && width > 1) {
                budget.charge(data.byteSize(), location, before, "a storage in another byte order");
                data = swapped(file, data, width);
            }
            storages.put((String) key, new TorchStorage(type.type.type(), data));
        }
        in.seek(start);
        return PickleMachine.read(in, TorchGlobals.of(file, true), budget, (id, context) -> {
            Reference r = Reference.of(id);
            TorchStorage storage = storages.get(r.key);
            if (storage == null) {
                throw new PickleException("data of storage " + CorruptFileException.printable(r.key) + " in the file");
            }
            return r.view(r.check(storage));
        });
    }

    private record StorageType(TorchGlobals.StorageType type, long elements) {}

    /** A persistent id: ("storage", type, key, device, elements, view or None); the last only in legacy files. */
    private record Reference(TorchGlobals.StorageType type, String key, long elements, @Nullable Object viewed) {
        static Reference of(PickleTuple id) throws PickleException {
            PickleTuple t = id.get(0) instanceof PickleTuple inner ? inner : Pickles.tuple(null, "a persistent id");
            t.expect("a persistent id", 5, 6);
            if (!"storage".equals(t.get(0)) || !(t.get(1) instanceof TorchGlobals.StorageType type)) {
                throw new PickleException("a persistent id refers to a storage of a known type");
            }
            String key = t.get(2) instanceof Long n ? n.toString() : t.text(2, "the key of a storage");
            long elements = t.integer(4, "the size of a storage");
            if (elements < 0 || elements > Long.MAX_VALUE / type.bytes()) {
                throw new PickleException("a storage of " + elements + " elements");
            }
            return new Reference(type, key, elements, t.size() == 6 ? t.get(5) : null);
        }

        long bytes() {
            return elements * type.bytes();
        }

        TorchStorage check(TorchStorage storage) throws PickleException {
            if (storage.type() != type.type() || storage.data().byteSize() != bytes()) {
                throw new PickleException("a storage of one type and size, not two");
            }
            return storage;
        }

        /** The part (key, offset, elements) of the storage that is meant. */
        TorchStorage view(TorchStorage storage) throws PickleException {
            if (viewed == null) {
                return storage;
            }
            PickleTuple v = Pickles.tuple(viewed, "the view of a storage").expect("the view of a storage", 3, 3);
            long offset = v.integer(1, "the offset of a storage view");
            long count = v.integer(2, "the size of a storage view");
            if (offset < 0 || count < 0 || offset > elements || count > elements - offset) {
                throw new PickleException("a view of elements " + offset + " + " + count + " of a storage of " + elements);
            }
            return new TorchStorage(storage.type(), storage.data().asSlice(offset * type.bytes(), count * type.bytes()));
        }
    }
}
