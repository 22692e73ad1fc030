package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which updates can be computed right into their parameter's memory. */
final class Updates {
    private Updates() {
    }

    /**
     * An update's value takes the parameter's own memory if nothing reads the old elements later. The job that computes it may read them itself
     * if it goes element by element.
     *
     * @param order in which nodes are computed
     * @param squares nodes that the sums of them compute
     * @return parameters by values
     */
    static Map<Tensor, Tensor> inPlace(Compilation compilation, List<Tensor> order, Set<Tensor> constants, Set<Tensor> squares, Fusion fusion) {
        Map<Tensor, Integer> computed = new HashMap<>();
        for (int i = 0; i < order.size(); i++) {
            computed.put(order.get(i), i);
        }
        Map<Tensor, Integer> lastRead = new HashMap<>();
        Map<Tensor, Fusion.Group> crossed = new HashMap<>();
        for (int i = 0; i < order.size(); i++) {
            Tensor node = order.get(i);
            for (Tensor input : node.inputs()) {
                if (squares.contains(input)) {
                    lastRead.merge(Lowering.owner(input.input(0)), i, Math::max); // the sum reads what is squared
                }
            }
            for (int k = 0; k < node.inputs().size(); k++) {
                Tensor owner = Lowering.owner(node.input(k));
                Fusion.Group group = fusion.of(node);
                // A group reads its operands when all of it is computed.
                int at = group == null ? i : computed.getOrDefault(group.last(), i);
                lastRead.merge(owner, at, Math::max);
                if (group != null && (!Fusion.isAligned(node, k) || owner.shape().size() != node.shape().size())) {
                    crossed.put(owner, group);
                }
            }
        }
        for (Tensor target : compilation.targets()) {
            Tensor owner = Lowering.owner(target);
            if (owner.op() instanceof Op.Parameter) {
                lastRead.put(owner, Integer.MAX_VALUE);
            }
        }
        Map<Tensor, Tensor> inPlace = new HashMap<>();
        for (Compilation.Update update : compilation.updates()) {
            Tensor value = update.value();
            Tensor parameter = update.parameter();
            boolean own = !value.inputs().isEmpty() && Lowering.owner(value) == value && !constants.contains(value)
                && !compilation.outputs().contains(value) && value.shape().size() > 0;
            if (!own) {
                continue;
            }
            Fusion.Group group = fusion.of(value);
            int at = group == null ? computed.getOrDefault(value, -1) : computed.getOrDefault(group.last(), -1);
            int last = lastRead.getOrDefault(parameter, -1);
            boolean elementwise = group != null && crossed.get(parameter) != group;
            if (last < at || last == at && elementwise) {
                inPlace.putIfAbsent(value, parameter);
            }
        }
        return inPlace;
    }
}
