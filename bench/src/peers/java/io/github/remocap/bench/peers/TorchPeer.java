package io.github.remocap.bench.peers;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** PyTorch on the processor, by DJL, on a traced network that takes images {@code [N,3,H,W]}. */
final class TorchPeer implements Peer {
    private final Model model;
    private final NDManager manager;
    private final Predictor<NDList, NDList> predictor;
    private final NDList images;
    private @Nullable NDList result;

    /** @param shape of the images, {@code [N,3,H,W]} */
    TorchPeer(Path file, float[] images, long[] shape, int threads) throws IOException, MalformedModelException {
        System.setProperty("ai.djl.pytorch.num_threads", String.valueOf(threads));
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        model = Model.newInstance("network", "PyTorch");
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(file + " is not the name of a file");
        }
        model.load(folder, String.valueOf(file.getFileName()));
        manager = model.getNDManager().newSubManager();
        predictor = model.newPredictor(new NoopTranslator(null));
        this.images = new NDList(manager.create(images, new Shape(shape)));
    }

    @Override
    public void run() {
        try {
            if (result != null) {
                result.close();
            }
            result = predictor.predict(images);
        } catch (TranslateException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Map<String, float[]> outputs() {
        NDList last = result;
        if (last == null) {
            throw new IllegalStateException("nothing has run");
        }
        Map<String, float[]> outputs = new LinkedHashMap<>();
        for (NDArray array : last) {
            String name = array.getName();
            outputs.put(name == null ? "output " + outputs.size() : name, array.toFloatArray());
        }
        return outputs;
    }

    @Override
    public String description() {
        return "PyTorch " + Engine.getEngine("PyTorch").getVersion() + " by DJL";
    }

    @Override
    public void close() {
        predictor.close();
        manager.close();
        model.close();
    }
}
