package io.github.remocap.io.pickle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The classes and functions that a pickle may name, and what takes their place here. Whatever is not listed is refused.
 * Immutable; names are {@code module.name}.
 */
public final class PickleGlobals {
    private final Map<String, Object> values;
    private final List<String> dataPackages;

    private PickleGlobals(Map<String, Object> values, List<String> dataPackages) {
        this.values = Map.copyOf(values);
        this.dataPackages = List.copyOf(dataPackages);
    }

    /** An empty list. */
    public static Builder builder() {
        return new Builder();
    }

    /** The value standing for a name: a {@link PickleConstructor} or a constant. Null if the name is refused. */
    @Nullable Object find(String global) {
        Object value = values.get(global);
        if (value == null) {
            for (String p : dataPackages) {
                if (global.startsWith(p)) {
                    return dataClass(global);
                }
            }
        }
        return value;
    }

    private static PickleConstructor dataClass(String global) {
        return (arguments, context) -> new PickleObject(global, arguments);
    }

    /** Collects names. */
    public static final class Builder {
        private final Map<String, Object> values = new HashMap<>();
        private final List<String> dataPackages = new ArrayList<>();

        private Builder() {}

        /** A class or function that is taken over by a constructor of ours. */
        public Builder constructor(String global, PickleConstructor constructor) {
            values.put(global, constructor);
            return this;
        }

        /** A name that stands for a value. */
        public Builder constant(String global, Object value) {
            values.put(global, value);
            return this;
        }

        /** Classes whose instances become {@link PickleObject}s: name, arguments and state, nothing more. */
        public Builder asData(String... globals) {
            for (String g : globals) {
                values.put(g, dataClass(g));
            }
            return this;
        }

        /**
         * All classes whose full names begin so become {@link PickleObject}s. Harmless, because nothing of them runs;
         * still only for packages whose objects one means to read.
         */
        public Builder packageAsData(String prefix) {
            dataPackages.add(prefix);
            return this;
        }

        /** Everything from another list, too. */
        public Builder addAll(PickleGlobals other) {
            values.putAll(other.values);
            dataPackages.addAll(other.dataPackages);
            return this;
        }

        /** Python's own containers and helpers, under their Python 2 and 3 names. */
        public Builder withPython() {
            constructor("collections.OrderedDict", PickleGlobals::dict);
            constructor("collections.defaultdict", (arguments, context) -> new LinkedHashMap<>());
            constructor("_codecs.encode", PickleGlobals::encode);
            for (String module : new String[] {"builtins", "__builtin__"}) {
                constructor(module + ".set", PickleGlobals::set);
                constructor(module + ".frozenset", PickleGlobals::set);
                constructor(module + ".bytearray", PickleGlobals::bytes);
                constructor(module + ".bytes", PickleGlobals::bytes);
                constructor(module + ".complex", (arguments, context) -> arguments);
                asData(module + ".object");
                for (String type : new String[] {"int", "long", "float", "bool", "str", "unicode", "list", "dict", "tuple"}) {
                    constant(module + "." + type, new PythonType(type));
                }
            }
            for (String module : new String[] {"copy_reg", "copyreg"}) {
                constructor(module + "._reconstructor", PickleGlobals::reconstruct);
            }
            return asData("argparse.Namespace", "types.SimpleNamespace", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath",
                "pathlib.PureWindowsPath", "pathlib._local.PosixPath", "pathlib._local.WindowsPath", "datetime.datetime", "datetime.date");
        }

        /** The finished list. */
        public PickleGlobals build() {
            return new PickleGlobals(values, dataPackages);
        }
    }

    /** A built-in type named as a value, such as the factory of a defaultdict; cannot be called. */
    record PythonType(String name) {}

    /** {@code OrderedDict()} or {@code OrderedDict([(k, v), ...])}. */
    private static Object dict(PickleTuple arguments, PickleContext context) throws PickleException, IOException {
        arguments.expect("OrderedDict", 0, 1);
        Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
        if (arguments.size() == 1) {
            List<?> pairs = items(arguments.get(0), context);
            for (Object pair : pairs) {
                List<?> kv = items(pair, context);
                if (kv.size() != 2) {
                    throw new PickleException("OrderedDict takes pairs, not tuples of " + kv.size());
                }
                map.put(PickleMachine.key(kv.get(0)), kv.get(1));
            }
        }
        return map;
    }

    private static Object set(PickleTuple arguments, PickleContext context) throws PickleException, IOException {
        arguments.expect("set", 0, 1);
        Set<@Nullable Object> set = new LinkedHashSet<>();
        if (arguments.size() == 1) {
            for (Object o : items(arguments.get(0), context)) {
                set.add(PickleMachine.key(o));
            }
        }
        return set;
    }

    /** The items of a list, tuple or set; charged as a copy of them. */
    private static List<@Nullable Object> items(@Nullable Object value, PickleContext context) throws PickleException, IOException {
        List<@Nullable Object> out = new ArrayList<>();
        switch (value) {
            case PickleTuple t -> {
                context.charge(64L * t.size(), "a copy of a tuple");
                for (int i = 0; i < t.size(); i++) {
                    out.add(t.get(i));
                }
            }
            case List<?> l -> {
                context.charge(64L * l.size(), "a copy of a list");
                out.addAll(l);
            }
            case Set<?> s -> {
                context.charge(64L * s.size(), "a copy of a set");
                out.addAll(s);
            }
            case null, default -> throw Pickles.wrong(value, "the argument", "a list, tuple or set");
        }
        return out;
    }

    /** {@code bytes()}, {@code bytearray(b"...")} and {@code bytearray("...", "latin-1")}; the bytes are not copied. */
    private static Object bytes(PickleTuple arguments, PickleContext context) throws PickleException {
        arguments.expect("bytes", 0, 2);
        if (arguments.size() == 2) {
            return encode(arguments, context);
        }
        if (arguments.size() == 1) {
            Pickles.byteCount(arguments.get(0), "the argument of bytes");
            return Objects.requireNonNull(arguments.get(0));
        }
        return "";
    }

    /** {@code _codecs.encode(text, "latin1")}: the text stands for its bytes, see {@link Pickles#bytes}. */
    private static Object encode(PickleTuple arguments, PickleContext context) throws PickleException {
        arguments.expect("_codecs.encode", 2, 2);
        String encoding = arguments.text(1, "the encoding");
        if (!encoding.equals("latin1") && !encoding.equals("latin-1")) {
            throw new PickleException("_codecs.encode is known for latin1 only, not " + encoding.length() + " characters of another name");
        }
        return arguments.text(0, "the text to encode");
    }

    /** {@code copy_reg._reconstructor(class, object, None)}: an instance without arguments, state to follow. */
    private static @Nullable Object reconstruct(PickleTuple arguments, PickleContext context) throws PickleException, IOException {
        arguments.expect("_reconstructor", 3, 3);
        if (arguments.get(0) instanceof PickleConstructor type) {
            return type.construct(PickleTuple.EMPTY, context);
        }
        throw Pickles.wrong(arguments.get(0), "the argument of _reconstructor", "a known class");
    }
}
