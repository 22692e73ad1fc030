package io.github.remocap.figure;

import io.github.remocap.body.BodyModel;
import io.github.remocap.body.MeshHierarchy;
import io.github.remocap.figure.Lattice.Point;
import io.github.remocap.tensor.SparseMatrix;
import java.util.List;

/**
 * The body that comes with the program, made by rule: a smooth, closed, left-right symmetric surface on SMPL's tree of 24 joints, with
 * 10 shape coefficients (stature, girth, length of legs, of arms, width of shoulders, of hips, belly, length of the trunk, size of the head,
 * girth of limbs). A cage of some 200 points is smoothed by two steps of Loop's subdivision and the limit that follows; the three meshes
 * are the cage's topology and its two refinements, a coarser mesh's vertices being the first of the finer one's.
 */
public final class Figure {
    /** SMPL's tree. */
    private static final int[] PARENTS = {-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21};
    private static final int[] MIRRORED_JOINTS = {0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22};
    private static final int INTERPOLATION_STEPS = 12;
    private static final double LEAST_WEIGHT = 0.002;

    /** The only one. */
    private static final class Holder {
        static final Figure FIGURE = new Figure();
    }

    private final Subdivision coarse;
    private final Subdivision intermediate;
    private final Subdivision fine;
    private final SparseMatrix coarseLimit;
    private final SparseMatrix coarseLoop;
    private final SparseMatrix intermediateLoop;
    private final SparseMatrix fineLimit;
    private final BodyModel body;
    private final MeshHierarchy hierarchy;
    private final Landmarks landmarks;

    private Figure() {
        Lattice lattice = new Lattice();
        coarse = new Subdivision(lattice.points().size(), lattice.triangles(), lattice.mirror());
        intermediate = coarse.refine();
        fine = intermediate.refine();
        coarseLimit = coarse.limit();
        coarseLoop = coarse.loop();
        intermediateLoop = intermediate.loop();
        fineLimit = fine.limit();
        hierarchy = new MeshHierarchy(Subdivision.select(intermediate.vertices(), fine.vertices()),
            Subdivision.select(coarse.vertices(), intermediate.vertices()), intermediate.butterfly(), coarse.butterfly());
        float[] template = template(lattice.points());
        landmarks = new Landmarks(template, fine.mirror());
        float[] none = new float[template.length * 9 * (Anatomy.JOINTS - 1)];
        body = new BodyModel(template, shapes(lattice.points()), none, landmarks.smpl(), weights(lattice.points()), PARENTS, fine.triangles());
    }

    /** The figure. */
    public static Figure get() {
        return Holder.FIGURE;
    }

    /** Its parametric body, with the finest mesh. */
    public BodyModel body() {
        return body;
    }

    /** Maps between its three meshes. Upwards they are smooth and keep the coarser mesh's vertices; rows sum to 1. */
    public MeshHierarchy hierarchy() {
        return hierarchy;
    }

    /** Which vertices of the coarse mesh are the same or neighbours. */
    public boolean[][] adjacency() {
        return coarse.adjacency();
    }

    /** Faces of the coarse mesh, three vertices each, counter-clockwise seen from outside. */
    public int[] coarseFaces() {
        return coarse.triangles().clone();
    }

    /** Faces of the intermediate mesh. */
    public int[] intermediateFaces() {
        return intermediate.triangles().clone();
    }

    /** Edges of the intermediate mesh, two vertices each. */
    public int[] intermediateEdges() {
        return intermediate.edges();
    }

    /** For each vertex of the fine mesh the one on the other side. */
    public int[] mirror() {
        return fine.mirror().clone();
    }

    /** Human3.6M's 17 joints from the fine mesh. */
    public SparseMatrix h36m() {
        return landmarks.h36m();
    }

    /** The 24 joints of the training data (see {@link io.github.remocap.body.Joints}) from the fine mesh. */
    public SparseMatrix j24() {
        return landmarks.j24();
    }

    /** The 14 of them that are not among SMPL's joints, in the order of {@code J_regressor_extra.npy}. */
    public SparseMatrix extraJoints() {
        return landmarks.extra();
    }

    /** Values on the cage {@code [coarse,width]} brought to the fine mesh, smooth. */
    private double[] smooth(double[] values, int width) {
        return Rows.times(fineLimit, Rows.times(intermediateLoop, Rows.times(coarseLoop, values, width), width), width);
    }

    /** Control points whose smooth surface nearly passes through the cage's points, so that it does not shrink. */
    private double[] control(double[] points) {
        double[] control = points.clone();
        for (int i = 0; i < INTERPOLATION_STEPS; i++) {
            double[] at = Rows.times(coarseLimit, control, 3);
            for (int k = 0; k < control.length; k++) {
                control[k] += points[k] - at[k];
            }
        }
        return control;
    }

    private double[] surface(List<Point> points, double... betas) {
        Anatomy anatomy = new Anatomy(betas);
        double[] cage = new double[3 * points.size()];
        for (int v = 0; v < points.size(); v++) {
            System.arraycopy(anatomy.place(points.get(v)), 0, cage, 3 * v, 3);
        }
        return smooth(control(cage), 3);
    }

    /** Sums run in another order on the other side of the body: the left side counts for both. */
    private void mirrorLeft(float[] values, int width) {
        int[] mirror = fine.mirror();
        for (int v = 0; v < mirror.length; v++) {
            int w = mirror[v];
            for (int k = 0; k < width && v <= w; k++) {
                for (int d = 0; d < 3; d++) {
                    int from = (3 * v + d) * width + k;
                    int to = (3 * w + d) * width + k;
                    values[to] = v == w && d == 0 ? 0 : d == 0 ? -values[from] : values[from];
                }
            }
        }
    }

    private float[] template(List<Point> points) {
        double[] mean = surface(points, new double[Anatomy.SHAPES]);
        float[] template = new float[mean.length];
        for (int i = 0; i < mean.length; i++) {
            template[i] = (float) mean[i];
        }
        mirrorLeft(template, 1);
        return template;
    }

    /** Differences of bodies with one coefficient at 1 and at -1, halved. */
    private float[] shapes(List<Point> points) {
        int k = Anatomy.SHAPES;
        float[] directions = new float[3 * fine.vertices() * k];
        for (int i = 0; i < k; i++) {
            double[] betas = new double[k];
            betas[i] = 1;
            double[] plus = surface(points, betas);
            betas[i] = -1;
            double[] minus = surface(points, betas);
            for (int c = 0; c < plus.length; c++) {
                directions[c * k + i] = (float) ((plus[c] - minus[c]) / 2);
            }
        }
        mirrorLeft(directions, k);
        return directions;
    }

    private SparseMatrix weights(List<Point> points) {
        int joints = Anatomy.JOINTS;
        double[] cage = new double[points.size() * joints];
        for (int v = 0; v < points.size(); v++) {
            System.arraycopy(Anatomy.weights(points.get(v)), 0, cage, v * joints, joints);
        }
        double[] all = smooth(cage, joints);
        int[] mirror = fine.mirror();
        Rows rows = new Rows(joints);
        for (int v = 0; v < fine.vertices(); v++) {
            int left = Math.min(v, mirror[v]); // here, too, one side counts for both
            double sum = 0;
            double[] row = new double[joints];
            for (int j = 0; j < joints; j++) {
                double w = all[left * joints + j];
                w = v == mirror[v] ? (w + all[left * joints + MIRRORED_JOINTS[j]]) / 2 : w;
                if (w >= LEAST_WEIGHT) {
                    row[left == v ? j : MIRRORED_JOINTS[j]] = w;
                    sum += w;
                }
            }
            for (int j = 0; j < joints; j++) {
                if (row[j] > 0) {
                    rows.add(j, row[j] / sum);
                }
            }
            rows.end();
        }
        return rows.build();
    }
}
