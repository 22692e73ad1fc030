package io.github.remocap.body;

import io.github.remocap.tensor.Tensor;

/** The weak-perspective camera that the network predicts. */
public final class Camera {
    private Camera() {
    }

    /**
     * Orthographic projection to [-1, 1] of the crop: {@code scale * (xy + (tx, ty))}.
     *
     * @param points {@code [n,k,3]}, metres
     * @param camera {@code [n,3]}: scale, tx, ty
     * @return {@code [n,k,2]}
     */
    public static Tensor orthographic(Tensor points, Tensor camera) {
        int n = camera.dim(0);
        Tensor scale = camera.slice(1, 0, 1).reshape(n, 1, 1);
        Tensor shift = camera.slice(1, 1, 2).reshape(n, 1, 2);
        return scale.mul(points.slice(2, 0, 2).add(shift));
    }
}
