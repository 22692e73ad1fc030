package io.github.remocap.tensor;

import java.util.List;

/** An op was given inputs that do not fit together. Raised while a graph is built, never while it runs. */
public final class ShapeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String op;
    private final String modulePath;

    /** A violated rule, before op, shapes and module path are known. */
    ShapeException(String problem) {
        super(problem);
        this.op = "";
        this.modulePath = "";
    }

    ShapeException(Op op, List<Shape> shapes, String modulePath, String problem) {
        super(describe(op, shapes, modulePath, problem));
        this.op = op.name();
        this.modulePath = modulePath;
    }

    private static String describe(Op op, List<Shape> shapes, String modulePath, String problem) {
        StringBuilder text = new StringBuilder(op.name()).append(": ").append(problem);
        for (int i = 0; i < shapes.size(); i++) {
            text.append("\n  ").append(op.inputName(i)).append(' ').append(shapes.get(i));
        }
        text.append("\n  op   ").append(op);
        return text.append("\n  at   ").append(modulePath.isEmpty() ? "(top level)" : modulePath).toString();
    }

    /** Name of the op whose rule was violated. */
    public String op() {
        return op;
    }

    /** Path of the module that was being built, such as {@code backbone.stage3.0}; empty at top level. */
    public String modulePath() {
        return modulePath;
    }
}
