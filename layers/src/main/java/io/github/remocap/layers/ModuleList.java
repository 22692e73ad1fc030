package io.github.remocap.layers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Modules named 0, 1, 2 and so on; a place may be empty, as in PyTorch. */
public final class ModuleList<M extends Module> extends Module {
    private final List<@Nullable M> modules;

    /** Of the given modules, null for an empty place. */
    public ModuleList(List<? extends @Nullable M> modules) {
        this.modules = Collections.unmodifiableList(new ArrayList<>(modules));
        for (int i = 0; i < modules.size(); i++) {
            M module = modules.get(i);
            if (module != null) {
                add(String.valueOf(i), module);
            }
        }
    }

    /** Number of places. */
    public int size() {
        return modules.size();
    }

    /** The module at a place, null if it is empty. */
    public @Nullable M get(int i) {
        return modules.get(i);
    }
}
