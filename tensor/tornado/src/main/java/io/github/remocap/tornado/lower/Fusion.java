package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds elementwise nodes that one job can compute, so that what is only used among them never goes to memory. A group takes the place of its
 * last member in the order; no other node needs any of them before. Members have equally many elements; a member may read memory in any
 * strided order, which makes copies between layouts members, too.
 */
final class Fusion {
    /** Members' values are in registers, with two more for operands from memory. */
    private static final int MOST = 20;

    /** Nodes of one job. */
    static final class Group {
        private final List<Tensor> members = new ArrayList<>();
        private boolean open = true;

        /** In the order in which they are computed. */
        List<Tensor> members() {
            return members;
        }

        Tensor last() {
            return members.getLast();
        }
    }

    private final Map<Tensor, Group> groups = new HashMap<>();
    private final Set<Tensor> outside = new HashSet<>();
    private final List<Tensor> order = new ArrayList<>();

    /**
     * @param nodes in the order of their ids
     * @param targets that must be in memory after a run
     * @param single whether each node is a group of its own
     * @param fits whether a node may be a member
     */
    Fusion(List<Tensor> nodes, List<Tensor> targets, boolean single, Predicate<Tensor> fits) {
        for (Tensor node : nodes) {
            join(node, fits.test(node) && isElementwise(node), single);
        }
        outside.addAll(targets);
        for (Tensor node : nodes) {
            Group own = groups.get(node);
            for (int i = 0; i < node.inputs().size(); i++) {
                Tensor input = node.input(i);
                if (own == null || groups.get(input) != own || !isAligned(node, i)) {
                    outside.add(input);
                }
            }
            if (own == null) {
                order.add(node);
            } else if (node == own.last()) {
                order.addAll(own.members);
            }
        }
    }

    /** All nodes, members of a group one behind the other. */
    List<Tensor> order() {
        return order;
    }

    /** The group of an elementwise node. */
    @Nullable Group of(Tensor node) {
        return groups.get(node);
    }

    /** Whether a member must be in memory. */
    boolean isNeededOutside(Tensor member) {
        return outside.contains(member);
    }

    private void join(Tensor node, boolean elementwise, boolean single) {
        Set<Group> joined = new LinkedHashSet<>();
        int members = 1;
        for (int i = 0; i < node.inputs().size(); i++) {
            Group g = groups.get(node.input(i));
            if (g == null || !g.open || joined.contains(g) && isAligned(node, i)) {
                continue;
            }
            if (elementwise && !single && isAligned(node, i) && members + g.members.size() <= MOST) {
                joined.add(g);
                members += g.members.size();
            } else {
                g.open = false;
            }
        }
        if (!elementwise) {
            return;
        }
        joined.removeIf(g -> !g.open); // one that a second input in another order closed
        Group group = joined.isEmpty() ? new Group() : joined.iterator().next();
        for (Group other : joined) {
            if (other != group) {
                group.members.addAll(other.members);
                other.members.forEach(m -> groups.put(m, group));
            }
        }
        group.members.sort(Comparator.comparingInt(Tensor::id));
        group.members.add(node);
        groups.put(node, group);
    }

    /** Whether element i of a node needs element i of an input, and no other. */
    static boolean isAligned(Tensor node, int input) {
        return node.input(input).shape().size() == node.shape().size() && switch (node.op()) {
            case Op.Permute o -> false;
            case Op.Slice o -> false;
            case Op.Dropout o -> input == 0;
            case Op.BatchNorm o -> input == 0;
            default -> true;
        };
    }

    /** Whether each element is computed from some element of each input. */
    private static boolean isElementwise(Tensor node) {
        boolean fitting = node.op() instanceof Op.Unary || node.op() instanceof Op.Affine || node.op() instanceof Op.Binary
            || node.op() instanceof Op.Dropout || node.op() instanceof Op.Permute || node.op() instanceof Op.Broadcast
            || node.op() instanceof Op.Slice || node.op() instanceof Op.BatchNorm || node.op() instanceof Op.Upsample;
        return fitting && node.shape().size() > 0;
    }
}
