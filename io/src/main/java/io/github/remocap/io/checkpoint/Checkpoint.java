package io.github.remocap.io.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.MemoryBudget;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NpyArray;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.io.pickle.PickleGlobals;
import io.github.remocap.io.rmc.RmcFile;
import io.github.remocap.io.safetensors.SafetensorsFile;
import io.github.remocap.io.torch.TorchFile;
import io.github.remocap.io.zip.ZipArchive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A checkpoint of any known format, mapped. Tensors are slices of the file where it stores them plainly, and valid until
 * the checkpoint is closed.
 *
 * <p>People save state dicts bare, inside a dict of their training state, and with the prefixes that wrappers of the model
 * leave in its names. {@link #tensors()} is the state dict without all that; {@link #rawTensors()} is every tensor in
 * the file under its full path.
 */
public final class Checkpoint implements AutoCloseable {
    /** Metadata: where in the file the state dict lies, dots between keys; absent if at the top. */
    public static final String STATE_DICT = "checkpoint.state_dict";
    /** Metadata: the prefix removed from all names; absent if none. */
    public static final String PREFIX = "checkpoint.prefix";
    /** The member of an npz that holds metadata, a JSON object. */
    static final String NPZ_METADATA = "__metadata__";

    private final CheckpointFormat format;
    private final MappedFile file;
    private final Verifier verifier;
    private final SequencedMap<String, StoredTensor> tensors;
    private final SequencedMap<String, StoredTensor> raw;
    private final SequencedMap<String, Object> metadata;

    @FunctionalInterface
    private interface Verifier {
        void verify() throws IOException;
    }

    private Checkpoint(CheckpointFormat format, MappedFile file, Verifier verifier, StateDicts found, Map<String, ?> more) {
        this.format = format;
        this.file = file;
        this.verifier = verifier;
        this.raw = found.all;
        this.metadata = new LinkedHashMap<>(found.scalars);
        this.metadata.putAll(more);
        String prefix = StateDicts.sharedPrefix(found.best.keySet());
        this.tensors = new LinkedHashMap<>();
        found.best.forEach((name, t) -> tensors.put(name.substring(prefix.length()), t));
        if (!prefix.isEmpty()) {
            metadata.put(PREFIX, prefix);
        }
        if (!found.bestPath.isEmpty()) {
            metadata.put(STATE_DICT, found.bestPath);
        }
    }

    /**
     * Opens a checkpoint, whatever its format (told by its content, not its name).
     *
     * @throws io.github.remocap.io.pickle.RefusedGlobalException if a pickle in it names anything beyond tensors and plain data
     * @throws CorruptFileException if it is damaged, cut off or of no known format
     * @throws IOException if it cannot be read
     */
    public static Checkpoint open(Path path) throws IOException {
        MappedFile file = MappedFile.open(path);
        try {
            return open(file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static Checkpoint open(MappedFile file) throws IOException {
        return switch (CheckpointFormat.sniff(file)) {
            case TORCH_ZIP, NPZ -> {
                ZipArchive archive = ZipArchive.open(file, MemoryBudget.of(file.data().byteSize(), 2));
                yield TorchFile.pickleOf(archive) != null ? torch(file, CheckpointFormat.TORCH_ZIP) : npz(file);
            }
            case TORCH_LEGACY -> torch(file, CheckpointFormat.TORCH_LEGACY);
            case RMC -> {
                RmcFile f = RmcFile.open(file);
                // Opening has checked every byte.
                yield new Checkpoint(CheckpointFormat.RMC, file, () -> {}, new StateDicts(Location.of(file.path()), new LinkedHashMap<>(f.tensors())), f.metadata());
            }
            case SAFETENSORS -> {
                SafetensorsFile f = SafetensorsFile.open(file);
                // The format has no checksums.
                yield new Checkpoint(CheckpointFormat.SAFETENSORS, file, () -> {}, new StateDicts(Location.of(file.path()), new LinkedHashMap<>(f.tensors())), f.metadata());
            }
        };
    }

    private static Checkpoint torch(MappedFile file, CheckpointFormat format) throws IOException {
        TorchFile f = TorchFile.read(file);
        return new Checkpoint(format, file, f::verify, new StateDicts(Location.of(file.path()), f.content()), Map.of());
    }

    private static Checkpoint npz(MappedFile file) throws IOException {
        NumpyFile f = NumpyFile.open(file, PickleGlobals.builder().build());
        if (f.names().isEmpty()) {
            throw Location.of(file.path()).corrupt(-1, "expected a zip archive by torch.save or numpy.savez, found neither data.pkl nor any .npy member");
        }
        Map<String, Object> tensors = new LinkedHashMap<>();
        Map<String, Object> metadata = new LinkedHashMap<>();
        for (String name : f.names()) {
            switch (f.array(name)) {
                case NpyArray.Numbers(var tensor) -> tensors.put(name, tensor);
                case NpyArray.Texts(var shape, var texts) when name.equals(NPZ_METADATA) && texts.size() == 1 ->
                    metadata.putAll(json(file, texts.get(0)));
                case NpyArray.Texts(var shape, var texts) -> metadata.put(name, texts.size() == 1 ? texts.get(0) : texts.toString());
                case NpyArray.Objects o -> metadata.put(name, "object array of shape " + o.shape());
            }
        }
        return new Checkpoint(CheckpointFormat.NPZ, file, f::verify, new StateDicts(Location.of(file.path()), tensors), metadata);
    }

    private static Map<String, Object> json(MappedFile file, String text) throws CorruptFileException {
        Map<String, Object> out = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, JsonNode> e : new ObjectMapper().readTree(text).properties()) {
                JsonNode v = e.getValue();
                out.put(e.getKey(), v.isTextual() ? v.textValue() : v.isBoolean() ? (Object) v.booleanValue()
                    : v.isIntegralNumber() ? (Object) v.longValue() : v.isNumber() ? (Object) v.doubleValue() : v.toString());
            }
        } catch (JsonProcessingException e) {
            throw Location.of(file.path()).entry(NPZ_METADATA).corrupt(-1, "expected a JSON object: " + e.getOriginalMessage());
        }
        return out;
    }

    /** The file's format. */
    public CheckpointFormat format() {
        return format;
    }

    /**
     * The state dict: the tensors of the dict that has most of them, in file order, without the prefixes
     * {@code module.} and {@code _orig_mod.} if all names have them. A file of one bare tensor has it under "".
     */
    public SequencedMap<String, StoredTensor> tensors() {
        return Collections.unmodifiableSequencedMap(tensors);
    }

    /** Every tensor in the file by its full path, keys joined by dots, nothing removed. */
    public SequencedMap<String, StoredTensor> rawTensors() {
        return Collections.unmodifiableSequencedMap(raw);
    }

    /**
     * Texts, numbers and truth values beside the tensors by their full path, such as {@code epoch} and {@code args.lr};
     * and {@link #STATE_DICT} and {@link #PREFIX} where they apply.
     */
    public SequencedMap<String, Object> metadata() {
        return Collections.unmodifiableSequencedMap(metadata);
    }

    /**
     * Checks all data against the file's checksums, as far as its format has any; reads the whole file.
     *
     * @throws CorruptFileException naming the first damaged entry
     */
    public void verify() throws IOException {
        verifier.verify();
    }

    /** Unmaps the file; tensors of it must not be used any more. */
    @Override
    public void close() {
        file.close();
    }
}
