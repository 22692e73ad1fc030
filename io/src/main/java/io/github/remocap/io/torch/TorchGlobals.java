package io.github.remocap.io.torch;

import io.github.remocap.io.MappedFile;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.StridedView;
import io.github.remocap.io.numpy.NumpyGlobals;
import io.github.remocap.io.pickle.PickleConstructor;
import io.github.remocap.io.pickle.PickleContext;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.io.pickle.PickleGlobals;
import io.github.remocap.io.pickle.PickleTuple;
import io.github.remocap.io.pickle.Pickles;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The constructors that torch.save's pickles name. */
final class TorchGlobals {
    /** The class of a typed storage; named in pickles, never called. Null stands for untyped bytes. */
    record StorageType(@Nullable DType type) {
        int bytes() {
            return type == null ? 1 : type.bytes();
        }
    }

    private static final Map<String, DType> STORAGES = Map.of("FloatStorage", DType.F32, "DoubleStorage", DType.F64, "HalfStorage", DType.F16,
        "BFloat16Storage", DType.BF16, "LongStorage", DType.I64, "IntStorage", DType.I32, "ShortStorage", DType.I16, "CharStorage", DType.I8,
        "ByteStorage", DType.U8, "BoolStorage", DType.BOOL);
    private static final Map<String, DType> DTYPES = Map.ofEntries(Map.entry("float32", DType.F32), Map.entry("float", DType.F32),
        Map.entry("float64", DType.F64), Map.entry("double", DType.F64), Map.entry("float16", DType.F16), Map.entry("half", DType.F16),
        Map.entry("bfloat16", DType.BF16), Map.entry("int64", DType.I64), Map.entry("long", DType.I64), Map.entry("int32", DType.I32),
        Map.entry("int", DType.I32), Map.entry("int16", DType.I16), Map.entry("short", DType.I16), Map.entry("int8", DType.I8),
        Map.entry("uint8", DType.U8), Map.entry("bool", DType.BOOL));

    private final Arena arena;
    private final boolean dataKnown;

    private TorchGlobals(Arena arena, boolean dataKnown) {
        this.arena = arena;
        this.dataKnown = dataKnown;
    }

    /**
     * The list.
     *
     * @param dataKnown whether storages have their bytes already; if not, tensors are empty placeholders
     */
    static PickleGlobals of(MappedFile file, boolean dataKnown) {
        TorchGlobals t = new TorchGlobals(file.arena(), dataKnown);
        PickleGlobals.Builder b = PickleGlobals.builder().withPython().addAll(NumpyGlobals.globals(file.arena()));
        STORAGES.forEach((name, type) -> {
            b.constant("torch." + name, new StorageType(type));
            b.constant("torch.storage." + name, new StorageType(type));
            b.constant("torch.cuda." + name, new StorageType(type));
        });
        b.constant("torch.UntypedStorage", new StorageType(null)).constant("torch.storage.UntypedStorage", new StorageType(null));
        b.constant("torch.storage._UntypedStorage", new StorageType(null)).constant("torch._UntypedStorage", new StorageType(null));
        DTYPES.forEach((name, type) -> b.constant("torch." + name, type));
        PickleConstructor v2 = t::tensorV2;
        b.constructor("torch._utils._rebuild_tensor", v2).constructor("torch._utils._rebuild_tensor_v2", v2);
        b.constructor("torch._utils._rebuild_tensor_v3", t::tensorV3);
        b.constructor("torch._utils._rebuild_parameter", TorchGlobals::parameter);
        b.constructor("torch._utils._rebuild_parameter_with_state", TorchGlobals::parameter);
        b.constructor("torch._utils._rebuild_sparse_tensor", TorchGlobals::sparse);
        b.constructor("torch._tensor._rebuild_from_type_v2", (arguments, context) -> fromType(arguments, context, v2));
        b.constant("torch.Tensor", "torch.Tensor").constant("torch.nn.parameter.Parameter", "torch.nn.parameter.Parameter");
        b.constant("torch.sparse_coo", "torch.sparse_coo").constant("torch.strided", "torch.strided");
        b.constructor("torch.serialization._get_layout", (arguments, context) -> arguments.expect("layout", 1, 1).text(0, "layout"));
        b.constructor("torch.Size", TorchGlobals::size);
        b.constructor("torch.device", (arguments, context) ->
            arguments.expect("torch.device", 1, 2).text(0, "device") + (arguments.size() == 2 ? ":" + arguments.integer(1, "device number") : ""));
        return b.build();
    }

    /** (storage, offset, size, stride, requires_grad, hooks, metadata); the old form ends after the strides. */
    private Object tensorV2(PickleTuple arguments, PickleContext context) throws PickleException, IOException {
        arguments.expect("a tensor", 4, 7);
        TorchStorage storage = storage(arguments);
        if (storage.type() == null) {
            throw new PickleException("a tensor over an untyped storage must say its type");
        }
        return tensor(storage, storage.type(), arguments, context);
    }

    /** (storage, offset, size, stride, requires_grad, hooks, dtype, metadata). */
    private Object tensorV3(PickleTuple arguments, PickleContext context) throws PickleException, IOException {
        arguments.expect("a tensor", 7, 8);
        if (arguments.get(6) instanceof DType type) {
            return tensor(storage(arguments), type, arguments, context);
        }
        throw Pickles.wrong(arguments.get(6), "the type of a tensor", "a known element type");
    }

    private static TorchStorage storage(PickleTuple arguments) throws PickleException {
        if (arguments.get(0) instanceof TorchStorage s) {
            return s;
        }
        throw Pickles.wrong(arguments.get(0), "the first argument of a tensor", "a storage");
    }

    private StoredTensor tensor(TorchStorage storage, DType type, PickleTuple arguments, PickleContext context)
            throws PickleException, IOException {
        long offset = arguments.integer(1, "storage offset");
        long[] sizes = arguments.get(2) instanceof TorchSize s ? s.extents() : arguments.integers(2, "tensor size");
        long[] strides = arguments.integers(3, "tensor strides");
        if (!dataKnown) {
            return new StoredTensor(type, Shape.of(0), MemorySegment.NULL);
        }
        StridedView view;
        try {
            view = new StridedView(type, storage.data(), offset, sizes, strides);
        } catch (IllegalArgumentException e) {
            throw new PickleException("a tensor that lies within its storage: " + e.getMessage());
        }
        if (!view.isContiguous()) {
            context.charge(view.bytes(), "a strided view " + view.shape());
        }
        return view.toTensor(arena);
    }

    private static @Nullable Object parameter(PickleTuple arguments, PickleContext context) throws PickleException {
        arguments.expect("a parameter", 2, 4);
        if (arguments.get(0) instanceof StoredTensor t) {
            return t;
        }
        throw Pickles.wrong(arguments.get(0), "the data of a parameter", "a tensor");
    }

    /** (function, type, arguments, state): a subclass of Tensor, taken for the tensor it is. */
    private static @Nullable Object fromType(PickleTuple arguments, PickleContext context, PickleConstructor v2)
            throws PickleException, IOException {
        arguments.expect("a tensor of a subclass", 4, 4);
        if (arguments.get(0) != v2) {
            throw Pickles.wrong(arguments.get(0), "the function that rebuilds a tensor of a subclass", "torch._utils._rebuild_tensor_v2");
        }
        return v2.construct(Pickles.tuple(arguments.get(2), "arguments"), context);
    }

    /** (layout, (indices, values, size, is_coalesced)). */
    private static Object sparse(PickleTuple arguments, PickleContext context) throws PickleException {
        arguments.expect("a sparse tensor", 2, 2);
        PickleTuple parts = Pickles.tuple(arguments.get(1), "the parts of a sparse tensor").expect("a sparse tensor", 3, 4);
        if (!"torch.sparse_coo".equals(arguments.get(0)) || !(parts.get(0) instanceof StoredTensor indices)
            || !(parts.get(1) instanceof StoredTensor values)) {
            throw new PickleException("a sparse tensor in coordinates has indices and values");
        }
        long[] extents = parts.get(2) instanceof TorchSize s ? s.extents() : parts.integers(2, "size");
        return new SparseTensor(shape(extents), indices, values);
    }

    private static Object size(PickleTuple arguments, PickleContext context) throws PickleException {
        return new TorchSize(arguments.expect("torch.Size", 1, 1).integers(0, "torch.Size"));
    }

    private static Shape shape(long[] extents) throws PickleException {
        int[] dims = new int[extents.length];
        for (int i = 0; i < dims.length; i++) {
            if (extents[i] < 0 || extents[i] > Integer.MAX_VALUE) {
                throw new PickleException("an extent of " + extents[i]);
            }
            dims[i] = (int) extents[i];
        }
        try {
            return Shape.of(dims);
        } catch (ArithmeticException e) {
            throw new PickleException("a shape of more than 2^63 elements");
        }
    }
}
