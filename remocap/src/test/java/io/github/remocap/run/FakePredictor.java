package io.github.remocap.run;

import io.github.remocap.render.Shapes;

/** A figure of capsules in the middle of the crop; it leans with the brightness of all frames of its clip. */
class FakePredictor implements MeshPredictor {
    static final Shapes.Mesh BODY = Shapes.walker();
    static final BodyMesh MESH = new BodyMesh("capsules", BODY.count(), BODY.faces());
    static final int FRAMES = 4;
    static final int SIZE = 32;

    private final int failAt;
    private final long pause;
    int calls;
    float[] last = new float[0];

    /**
     * @param failAt the call that throws, from 0; -1 for none
     * @param pause milliseconds a clip
     */
    FakePredictor(int failAt, long pause) {
        this.failAt = failAt;
        this.pause = pause;
    }

    @Override
    public int frames() {
        return FRAMES;
    }

    @Override
    public int imageSize() {
        return SIZE;
    }

    @Override
    public Prediction predict(float[] images, int n) {
        if (calls++ == failAt) {
            throw new IllegalStateException("out of memory, say");
        }
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        last = images.clone();
        double sum = 0;
        for (float value : images) {
            sum += value;
        }
        float lean = (float) (sum / images.length * 0.05);
        float[] camera = new float[3 * n];
        float[] joints = new float[42 * n];
        float[] vertices = new float[3 * BODY.count() * n];
        for (int f = 0; f < n; f++) {
            camera[3 * f] = 0.9f;
            camera[3 * f + 1] = 0.01f * f;
            camera[3 * f + 2] = -0.04f;
            float[] figure = Shapes.walkerJoints();
            for (int i = 0; i < 42; i++) {
                joints[42 * f + i] = figure[i] + (i % 3 == 0 ? lean : 0.5f);
            }
            for (int i = 0; i < BODY.vertices().length; i++) {
                vertices[f * BODY.vertices().length + i] = BODY.vertices()[i] + (i % 3 == 0 ? lean * BODY.vertices()[i + 1] : 0);
            }
        }
        return new Prediction(camera, joints, vertices);
    }
}
