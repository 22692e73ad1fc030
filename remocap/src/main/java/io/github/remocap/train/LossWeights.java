package io.github.remocap.train;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Factors of the parts of the loss; what has factor 0 is not built. The defaults are the released training's. Keys of
 * {@link #from} are the component names in snake case.
 *
 * @param joints3d of the 3D joints ({@code joints_3d})
 * @param vertices of the three meshes' vertices together
 * @param edgeNormal of edges and normals together
 * @param joints2d of the projected joints ({@code joints_2d})
 * @param coarse of the coarse mesh among the vertices
 * @param intermediate of the intermediate mesh among the vertices
 * @param fine of the full mesh among the vertices
 * @param edgeGt of edge lengths against the truth, among edges and normals
 * @param edgeSelf of edge lengths as such
 * @param normal of normals
 * @param smpl of the SMPL parameter regressor's losses, where the network has it
 * @param rest factor of all other losses together where the network has the regressor, whose training it is then mainly
 * @param velocity of the sequence velocity loss within each of joints, projections and meshes
 */
public record LossWeights(double joints3d, double vertices, double edgeNormal, double joints2d, double coarse, double intermediate, double fine,
    double edgeGt, double edgeSelf, double normal, double smpl, double rest, double velocity) {
    /** The released training's. */
    public static final LossWeights DEFAULT = new LossWeights(1000, 100, 100, 100, 0.25, 0.5, 0.25, 5, 1e-4, 0.1, 1000, 1e-8, 1);

    /** Checks the factors. */
    public LossWeights {
        for (double w : new double[] {joints3d, vertices, edgeNormal, joints2d, coarse, intermediate, fine, edgeGt, edgeSelf, normal, smpl, rest,
            velocity}) {
            if (!(w >= 0 && w < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("loss weights must be finite and not negative, not " + w);
            }
        }
    }

    /** Factors by key. */
    public Map<String, Double> toMap() {
        Map<String, Double> map = new LinkedHashMap<>();
        map.put("joints_3d", joints3d);
        map.put("vertices", vertices);
        map.put("edge_normal", edgeNormal);
        map.put("joints_2d", joints2d);
        map.put("coarse", coarse);
        map.put("intermediate", intermediate);
        map.put("fine", fine);
        map.put("edge_gt", edgeGt);
        map.put("edge_self", edgeSelf);
        map.put("normal", normal);
        map.put("smpl", smpl);
        map.put("rest", rest);
        map.put("velocity", velocity);
        return map;
    }

    /**
     * The defaults with some factors replaced.
     *
     * @throws IllegalArgumentException naming an unknown key or a value that is no number
     */
    public static LossWeights from(Map<?, ?> values) {
        Map<String, Double> all = DEFAULT.toMap();
        values.forEach((key, value) -> {
            String name = String.valueOf(key);
            if (!all.containsKey(name)) {
                throw new IllegalArgumentException("loss weights: unknown key '" + name + "'; known are " + String.join(", ", all.keySet()));
            }
            if (!(value instanceof Number number)) {
                throw new IllegalArgumentException("loss weights: " + name + " must be a number, not " + value);
            }
            all.put(name, number.doubleValue());
        });
        double[] v = all.values().stream().mapToDouble(x -> x).toArray();
        return new LossWeights(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12]);
    }
}
