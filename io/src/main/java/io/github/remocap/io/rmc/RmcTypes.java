package io.github.remocap.io.rmc;

import com.google.protobuf.ByteString;
import io.github.remocap.io.rmc.proto.ElementType;
import io.github.remocap.io.rmc.proto.Value;
import io.github.remocap.tensor.DType;
import java.io.IOException;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Between the file's enums and unions and ours; and the constants of the layout. */
final class RmcTypes {
    static final byte[] MAGIC = {(byte) 0x89, 'R', 'M', 'C', '\r', '\n', 0x1a, '\n'};
    static final int VERSION = 1;
    static final int ALIGNMENT = 64;

    /** Wire tags (field number times 8 plus wire type) of the fields that are read and written by hand. */
    static final int TAG_CRC = 1 << 3 | 5;
    static final int TAG_HEADER = 2 << 3 | 2;
    static final int TAG_TENSOR = 3 << 3 | 2;
    static final int TAG_CHUNK = 4 << 3 | 2;
    static final int TAG_TRAILER = 5 << 3 | 2;
    static final int TAG_OFFSET = 1 << 3;
    static final int TAG_PADDING = 2 << 3 | 2;
    static final int TAG_PAYLOAD = 3 << 3 | 2;

    private RmcTypes() {}

    static ElementType toProto(DType type) {
        return switch (type) {
            case BOOL -> ElementType.BOOL;
            case U8 -> ElementType.U8;
            case I8 -> ElementType.I8;
            case I16 -> ElementType.I16;
            case I32 -> ElementType.I32;
            case I64 -> ElementType.I64;
            case F16 -> ElementType.F16;
            case BF16 -> ElementType.BF16;
            case F32 -> ElementType.F32;
            case F64 -> ElementType.F64;
        };
    }

    /** Null for a type that this version does not know. */
    static @Nullable DType fromProto(ElementType type) {
        return switch (type) {
            case BOOL -> DType.BOOL;
            case U8 -> DType.U8;
            case I8 -> DType.I8;
            case I16 -> DType.I16;
            case I32 -> DType.I32;
            case I64 -> DType.I64;
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
            case F32 -> DType.F32;
            case F64 -> DType.F64;
            case ELEMENT_TYPE_UNSPECIFIED, UNRECOGNIZED -> null;
        };
    }

    static Value toProto(String key, Object value) throws IOException {
        Value.Builder b = Value.newBuilder();
        return switch (value) {
            case String s -> b.setText(s).build();
            case Long v -> b.setInteger(v).build();
            case Integer v -> b.setInteger(v).build();
            case Double v -> b.setReal(v).build();
            case Float v -> b.setReal(v).build();
            case Boolean v -> b.setFlag(v).build();
            case byte[] v -> b.setRaw(ByteString.copyFrom(v)).build();
            default -> throw new IOException("metadata '" + key + "' is of " + value.getClass() + "; it must be a text, number, truth value or bytes");
        };
    }

    /** Null for a kind that this version does not know. */
    static @Nullable Object fromProto(Value value) {
        return switch (value.getKindCase()) {
            case TEXT -> value.getText();
            case INTEGER -> value.getInteger();
            case REAL -> value.getReal();
            case FLAG -> value.getFlag();
            case RAW -> value.getRaw().toByteArray();
            case KIND_NOT_SET -> null;
        };
    }

    static void update(CRC32C all, int crc) {
        for (int i = 0; i < 4; i++) {
            all.update(crc >>> 8 * i & 0xff);
        }
    }
}
