package io.github.remocap.io.torch;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A {@code torch.Size} on its own.
 *
 * @param extents the extents, not checked
 */
public record TorchSize(long[] extents) {
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TorchSize s && Arrays.equals(extents, s.extents);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(extents);
    }

    /** For example {@code [431, 431]}. */
    @Override
    public String toString() {
        return Arrays.toString(extents);
    }
}
