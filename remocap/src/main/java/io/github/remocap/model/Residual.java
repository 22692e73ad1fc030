package io.github.remocap.model;

import io.github.remocap.layers.BatchNorm;
import io.github.remocap.layers.Context;
import io.github.remocap.layers.Conv2d;
import io.github.remocap.layers.Layer;
import io.github.remocap.layers.Sequential;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** ResNet's block: two 3x3 convolutions, or a bottleneck of 1x1, 3x3, 1x1 with four times the planes at its end. */
final class Residual extends Layer {
    private final List<Conv2d> convs = new ArrayList<>();
    private final List<BatchNorm> norms = new ArrayList<>();
    private final @Nullable Sequential downsample;
    private final int outChannels;

    Residual(int in, int planes, boolean bottleneck) {
        outChannels = bottleneck ? 4 * planes : planes;
        int[][] chain = bottleneck ? new int[][] {{in, planes, 1}, {planes, planes, 3}, {planes, outChannels, 1}}
            : new int[][] {{in, planes, 3}, {planes, planes, 3}};
        for (int i = 0; i < chain.length; i++) {
            convs.add(add("conv" + (i + 1), new Conv2d(chain[i][0], chain[i][1], chain[i][2], 1, false)));
            norms.add(add("bn" + (i + 1), new BatchNorm(chain[i][1])));
        }
        downsample = in == outChannels ? null : add("downsample", ConvBn.plain(in, outChannels, 1, 1));
    }

    /** {@code count} blocks one after the other. */
    static Sequential chain(int in, int planes, int count, boolean bottleneck) {
        List<Residual> blocks = new ArrayList<>();
        int channels = in;
        for (int i = 0; i < count; i++) {
            Residual block = new Residual(channels, planes, bottleneck);
            blocks.add(block);
            channels = block.outChannels;
        }
        return new Sequential(blocks);
    }

    @Override
    protected Tensor forward(Context context, Tensor x) {
        Tensor y = x;
        for (int i = 0; i < convs.size(); i++) {
            y = norms.get(i).call(context, convs.get(i).call(context, y));
            if (i < convs.size() - 1) {
                y = y.relu();
            }
        }
        return y.add(downsample == null ? x : downsample.call(context, x)).relu();
    }
}
