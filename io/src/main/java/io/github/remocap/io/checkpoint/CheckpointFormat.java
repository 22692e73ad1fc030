package io.github.remocap.io.checkpoint;

import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.rmc.RmcFile;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;

/** The formats a checkpoint may have. */
public enum CheckpointFormat {
    /** {@code torch.save} since PyTorch 1.6. Read only. */
    TORCH_ZIP,
    /** {@code torch.save} before that. Read only. */
    TORCH_LEGACY,
    /** RemoCap's own, see {@code rmc.proto}. */
    RMC,
    /** Hugging Face's. */
    SAFETENSORS,
    /** NumPy's archive of arrays. */
    NPZ;

    /**
     * The format that a file name asks for, by its ending.
     *
     * @throws IllegalArgumentException if it ends in none of .rmc, .safetensors, .npz
     */
    public static CheckpointFormat ofName(Path path) {
        String name = path.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".rmc")) {
            return RMC;
        }
        if (name.endsWith(".safetensors")) {
            return SAFETENSORS;
        }
        if (name.endsWith(".npz")) {
            return NPZ;
        }
        throw new IllegalArgumentException(path + ": a checkpoint is written as .rmc, .safetensors or .npz");
    }

    /** The format of a file by its first bytes; whether a zip archive is PyTorch's or NumPy's is left to its directory. */
    static CheckpointFormat sniff(MappedFile file) throws IOException {
        ByteCursor in = new ByteCursor(Location.of(file.path()), file.data());
        if (RmcFile.hasMagic(file.data())) {
            return RMC;
        }
        if (in.size() < 4) {
            throw in.location().corrupt(0, "expected a checkpoint, found a file of " + in.size() + " bytes");
        }
        byte[] first = in.slice(Math.min(16, in.size()), "file").toArray(ValueLayout.JAVA_BYTE);
        if (first[0] == 'P' && first[1] == 'K') {
            return TORCH_ZIP;
        }
        if (first[0] == (byte) 0x80 && first[1] <= 5 && first[1] > 0 || new String(first, StandardCharsets.ISO_8859_1).startsWith("L119547037")) {
            return TORCH_LEGACY;
        }
        if (first.length > 8 && first[8] == '{') {
            return SAFETENSORS;
        }
        throw new CorruptFileException(file.path(), null, 0, "expected a checkpoint (PyTorch, .rmc, safetensors or npz), found a file that starts with "
            + HexFormat.ofDelimiter(" ").formatHex(first));
    }
}
