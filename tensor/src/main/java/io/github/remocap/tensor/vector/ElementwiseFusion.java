package io.github.remocap.tensor.vector;

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
 * Finds elementwise nodes that can be computed together, block by block, so that what is only used among them never goes to memory.
 * A group takes the place of its last member in the order; no other node needs any of them before.
 */
final class ElementwiseFusion {
    /** Blocks of all members' values must fit into the first-level cache. */
    private static final int MOST = 24;

    /** Nodes of one step. */
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
     * @param fits whether a node may become a member, if it is elementwise
     */
    ElementwiseFusion(List<Tensor> nodes, List<Tensor> targets, Predicate<Tensor> fits) {
        for (Tensor node : nodes) {
            join(node, fits.test(node) && isElementwise(node));
        }
        outside.addAll(targets);
        for (Tensor node : nodes) {
            Group own = groups.get(node);
            for (Tensor input : node.inputs()) {
                if (own == null || groups.get(input) != own) {
                    outside.add(input);
                }
            }
            if (own == null) {
                order.add(node);
            } else if (node == own.last()) {
                order.addAll(own.members);
            }
        }
        groups.values().removeIf(g -> g.members.size() == 1);
    }

    /** All nodes, members of a group one behind the other. */
    List<Tensor> order() {
        return order;
    }

    /** The group of a node that is computed together with others. */
    @Nullable Group of(Tensor node) {
        return groups.get(node);
    }

    /** Whether anything but its group needs a member. */
    boolean isNeededOutside(Tensor member) {
        return outside.contains(member);
    }

    private void join(Tensor node, boolean elementwise) {
        Set<Group> joined = new LinkedHashSet<>();
        int members = 1;
        for (Tensor input : node.inputs()) {
            Group g = groups.get(input);
            if (g == null || !g.open || joined.contains(g)) {
                continue;
            }
            if (elementwise && g.last().shape().size() == node.shape().size() && members + g.members.size() <= MOST) {
                joined.add(g);
                members += g.members.size();
            } else {
                g.open = false;
            }
        }
        if (!elementwise) {
            return;
        }
        joined.removeIf(g -> !g.open); // one that a second input of another size closed
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

    /** Whether each element depends on those at the same place, and on single numbers. */
    private static boolean isElementwise(Tensor node) {
        boolean fitting = node.op() instanceof Op.Unary || node.op() instanceof Op.Affine || node.op() instanceof Op.Binary;
        return fitting && node.shape().size() > 0
            && node.inputs().stream().allMatch(x -> x.shape().size() == node.shape().size() || x.shape().size() == 1);
    }
}
