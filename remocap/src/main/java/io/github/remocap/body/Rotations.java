package io.github.remocap.body;

import io.github.remocap.autograd.Norms;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;

/** Rotations as graph nodes. */
public final class Rotations {
    /** Inside the norm, so that no rotation has an axis; as SMPL's reference implementations in PyTorch have it. */
    private static final double EPS = 1e-8;

    private Rotations() {
    }

    /**
     * Rotation matrices of axis-angle vectors, by unit quaternions.
     *
     * @param theta {@code [n,3]}, axes times angles in radians
     * @return {@code [n,3,3]}
     */
    public static Tensor rodrigues(Tensor theta) {
        Tensor angle = Norms.l2(theta.add(EPS)).reshape(-1, 1); // [n,1]
        Tensor half = angle.mul(0.5);
        Tensor axis = theta.div(angle);
        Tensor q = theta.graph().concat(1, half.unary(UnaryFn.COS), half.unary(UnaryFn.SIN).mul(axis)); // [n,4]
        return fromQuaternions(q.div(Norms.l2(q).reshape(-1, 1)));
    }

    /**
     * Rotation matrices of unit quaternions.
     *
     * @param q {@code [n,4]}, the real part first
     * @return {@code [n,3,3]}
     */
    public static Tensor fromQuaternions(Tensor q) {
        int n = q.dim(0);
        Graph graph = q.graph();
        Tensor products = q.reshape(n, 4, 1).mul(q.reshape(n, 1, 4)).reshape(n, 16);
        return products.matmul(graph.constant(Shape.of(16, 9), FROM_PRODUCTS)).reshape(n, 3, 3);
    }

    /** The elements of a rotation matrix as sums of products of w, x, y, z: {@code [16,9]}. */
    private static final float[] FROM_PRODUCTS = fromProducts();

    private static float[] fromProducts() {
        String[] elements = {"+ww+xx-yy-zz", "+xy+xy-wz-wz", "+wy+wy+xz+xz", "+wz+wz+xy+xy", "+ww-xx+yy-zz", "+yz+yz-wx-wx", "+xz+xz-wy-wy",
            "+wx+wx+yz+yz", "+ww-xx-yy+zz"};
        float[] matrix = new float[16 * 9];
        for (int e = 0; e < elements.length; e++) {
            for (int i = 0; i < elements[e].length(); i += 3) {
                int product = 4 * "wxyz".indexOf(elements[e].charAt(i + 1)) + "wxyz".indexOf(elements[e].charAt(i + 2));
                matrix[9 * product + e] += elements[e].charAt(i) == '+' ? 1 : -1;
            }
        }
        return matrix;
    }
}
