package io.github.remocap.layers;

import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A part of a network: what arrays it owns and which modules it is made of, under PyTorch's names. A module holds sizes, no
 * numbers: those live in {@link Weights}, so that one module can be built with several.
 */
public abstract class Module {
    private final Map<String, ParameterSpec> own = new LinkedHashMap<>();
    private final Map<String, Module> children = new LinkedHashMap<>();
    private String name = "";

    /** For subclasses, which declare their parameters and children when they are made. */
    protected Module() {
    }

    /** Declares a child under a name such as {@code conv1}. Returns the child. */
    protected final <M extends Module> M add(String childName, M child) {
        if (!((Module) child).name.isEmpty()) {
            throw new IllegalArgumentException("module '" + childName + "' has a parent already, as '" + ((Module) child).name + "'");
        }
        if (children.putIfAbsent(childName, child) != null) {
            throw new IllegalArgumentException("two children named '" + childName + "'");
        }
        ((Module) child).name = childName;
        return child;
    }

    /** Declares a trainable parameter. */
    protected final void parameter(String parameterName, Initializer initializer, int... dims) {
        own.put(parameterName, new ParameterSpec(parameterName, Shape.of(dims), DType.F32, true, initializer));
    }

    /** Declares an array that training keeps but no gradient changes. */
    protected final void buffer(String bufferName, DType dtype, Initializer initializer, int... dims) {
        own.put(bufferName, new ParameterSpec(bufferName, Shape.of(dims), dtype, false, initializer));
    }

    /** Name within the parent; empty for a root. */
    public final String name() {
        return name;
    }

    /** Children by name, in the order of their declaration. */
    public final Map<String, Module> children() {
        return Collections.unmodifiableMap(children);
    }

    /** All arrays of this module and what is below it, by full name, in the order of PyTorch's state dict. */
    public final Map<String, ParameterSpec> specs() {
        Map<String, ParameterSpec> all = new LinkedHashMap<>();
        collect("", all);
        return all;
    }

    private void collect(String prefix, Map<String, ParameterSpec> into) {
        own.forEach((key, spec) -> into.put(prefix + key, spec.named(prefix + key)));
        children.forEach((key, child) -> child.collect(prefix + key + ".", into));
    }

    /** Number of elements of all trainable parameters whose full name starts with a prefix. */
    public final long parameterCount(String prefix) {
        return specs().values().stream().filter(s -> s.trainable() && s.name().startsWith(prefix)).mapToLong(s -> s.shape().size()).sum();
    }

    /** This module and all below it with their paths, parents first. */
    public final Map<String, Module> modules() {
        Map<String, Module> all = new LinkedHashMap<>();
        List<String> paths = new ArrayList<>();
        visit("", all, paths);
        return all;
    }

    private void visit(String path, Map<String, Module> into, List<String> paths) {
        into.put(path, this);
        paths.add(path);
        children.forEach((key, child) -> child.visit(path.isEmpty() ? key : path + "." + key, into, paths));
    }
}
