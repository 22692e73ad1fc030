package io.github.remocap.io.onnx;

import com.google.protobuf.ByteString;
import io.github.remocap.io.onnx.proto.AttributeProto;
import io.github.remocap.io.onnx.proto.AttributeProto.AttributeType;
import io.github.remocap.io.onnx.proto.NodeProto;
import io.github.remocap.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Nodes and constants of an ONNX graph being written. A value is known by its name; constants of equal content are stored once. */
public final class OnnxNodes {
    /** An array of the file. */
    record Stored(String name, boolean integers, List<Long> dims, MemorySegment data) {
    }

    private final List<NodeProto> nodes = new ArrayList<>();
    private final List<Stored> stored = new ArrayList<>();
    private final Map<String, String> constants = new HashMap<>();
    private String path = "";

    /** Nodes from here on belong to this module. */
    void at(String modulePath) {
        path = modulePath.replace('.', '/');
    }

    List<NodeProto> nodes() {
        return nodes;
    }

    List<Stored> stored() {
        return stored;
    }

    /** Stores a named float32 array; the memory is read when the file is written. */
    String store(String name, Shape shape, MemorySegment data) {
        stored.add(new Stored(name, false, Arrays.stream(shape.dims()).mapToObj(d -> (long) d).toList(), data));
        return name;
    }

    /** An attribute of a node; the value is a Long, a Float, a String or a long[]. */
    public record Attribute(String name, Object value) {
    }

    /** An attribute of one integer. */
    public static Attribute of(String name, long value) {
        return new Attribute(name, value);
    }

    /** An attribute of one float. */
    public static Attribute of(String name, float value) {
        return new Attribute(name, value);
    }

    /** An attribute of a text. */
    public static Attribute of(String name, String value) {
        return new Attribute(name, value);
    }

    /** An attribute of several integers. */
    public static Attribute of(String name, long... values) {
        return new Attribute(name, values);
    }

    /**
     * Appends a node of ONNX's opset 17 with one output.
     *
     * @return name of the output
     */
    public String node(String type, List<String> inputs, Attribute... attributes) {
        String name = (path.isEmpty() ? "" : path + "/") + type + "_" + nodes.size();
        named(name, type, inputs, attributes);
        return name;
    }

    /** As {@link #node(String, List, Attribute...)}. */
    public String node(String type, String input, Attribute... attributes) {
        return node(type, List.of(input), attributes);
    }

    /** Appends a node whose output has a given name. */
    void named(String output, String type, List<String> inputs, Attribute... attributes) {
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(type).setName("node:" + output).addAllInput(inputs).addOutput(output);
        for (Attribute a : attributes) {
            AttributeProto.Builder proto = AttributeProto.newBuilder().setName(a.name());
            switch (a.value()) {
                case Long i -> proto.setType(AttributeType.INT).setI(i);
                case Float f -> proto.setType(AttributeType.FLOAT).setF(f);
                case String s -> proto.setType(AttributeType.STRING).setS(ByteString.copyFrom(s, StandardCharsets.UTF_8));
                case long[] is -> proto.setType(AttributeType.INTS).addAllInts(Arrays.stream(is).boxed().toList());
                default -> throw new IllegalArgumentException("attribute " + a.name() + " of " + a.value().getClass());
            }
            node.addAttribute(proto);
        }
        nodes.add(node.build());
    }

    /** A constant vector of int64. */
    public String longs(long... values) {
        return constant("longs:" + Arrays.toString(values), true, List.of((long) values.length), MemorySegment.ofArray(values));
    }

    /** A constant scalar. */
    public String scalar(double value) {
        return constant("scalar:" + (float) value, false, List.of(), MemorySegment.ofArray(new float[] {(float) value}));
    }

    /** A constant array. */
    public String floats(Shape shape, float[] values) {
        return constant("floats:" + shape + Arrays.toString(values), false, Arrays.stream(shape.dims()).mapToObj(d -> (long) d).toList(),
            MemorySegment.ofArray(values));
    }

    private String constant(String content, boolean integers, List<Long> dims, MemorySegment data) {
        return constants.computeIfAbsent(content, c -> {
            String name = "constant_" + constants.size();
            stored.add(new Stored(name, integers, dims, data));
            return name;
        });
    }
}
