package io.github.remocap.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime on the processor, all graph optimisations, operators one after the other. */
final class OrtPeer implements Peer {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final OnnxTensor images;
    private OrtSession.@Nullable Result result;

    /** @param shape of the images, {@code [N,3,H,W]} */
    OrtPeer(Path model, float[] images, long[] shape, int threads) throws OrtException {
        SessionOptions options = new SessionOptions();
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
        options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
        session = environment.createSession(model.toString(), options);
        this.images = OnnxTensor.createTensor(environment, FloatBuffer.wrap(images), shape);
    }

    @Override
    public void run() {
        try {
            if (result != null) {
                result.close();
            }
            result = session.run(Map.of("images", images));
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Map<String, float[]> outputs() {
        OrtSession.Result last = result;
        if (last == null) {
            throw new IllegalStateException("nothing has run");
        }
        Map<String, float[]> outputs = new LinkedHashMap<>();
        last.forEach(entry -> {
            FloatBuffer values = ((OnnxTensor) entry.getValue()).getFloatBuffer();
            float[] array = new float[values.remaining()];
            values.get(array);
            outputs.put(entry.getKey(), array);
        });
        return outputs;
    }

    @Override
    public String description() {
        return "ONNX Runtime " + environment.getVersion();
    }

    @Override
    public void close() {
        try {
            if (result != null) {
                result.close();
            }
            images.close();
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
