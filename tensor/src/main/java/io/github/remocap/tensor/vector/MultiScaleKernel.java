package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.VECTOR_BYTES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import io.github.remocap.tensor.Shape;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * Efficient multi-scale attention of groups of channels (see {@link MultiScalePattern}) in one step that reads its source once and
 * never makes an image of a group. With a = normalised gated branch, d = 3x3 convolution, p and q = softmax of the means of d and a
 * over the pixels, a group is multiplied by sigmoid(q d + p a), and three identities save most of the work:
 *
 * <ul>
 *   <li>the mean of a normalised channel is its beta, so that q = softmax(beta);
 *   <li>q d is a convolution to one channel, with the weights q W, and no other pixel of d is needed;
 *   <li>the mean of d follows from sums of the source: under each tap all pixels but a row and a column of the border.
 * </ul>
 *
 * <p>A unit is one group whose channels are lanes (sums over channels end with a sum of lanes), or as many groups as there are
 * lanes. It copies them into its scratch, planes of pixels of one vector each with a border of zeros. Small arrays hold a number
 * per channel and lane: {@code [channel][width]}, where width is 1 if channels are lanes.
 */
final class MultiScaleKernel extends Step {
    private static final int TAPS = 9;

    private final Buffer x;
    private final Buffer y;
    private final Buffer weight1;
    private final Buffer bias1;
    private final Buffer gamma;
    private final Buffer beta;
    private final Buffer weight3;
    private final Buffer bias3;
    private final long[] strides; // bytes in x and y: outer, group, row, column, channel
    private final int groups;
    private final int height;
    private final int width;
    private final int channels;
    private final int lanes; // of a channel: 1 or LANES
    private final int planes;
    private final long planeBytes;
    private final int numbers; // channels * lanes = planes * LANES
    private final int units;
    private final Phase[] phases = {this::copy, this::gates, this::weights, this::moments, this::multiply};
    // Bytes in the scratch, behind the planes: arrays of `row` bytes, a number per channel and lane.
    private final long row;
    private final long means; // [height + width], first sums
    private final long gates; // [height + width]
    private final long sums; // [tap]
    private final long taps; // [plane][tap][LANES]
    private final long p;
    private final long mean;
    private final long factor;
    private final long shift;
    private final long q;
    private final long line; // [width][LANES]
    private final long columns; // [channels][channels], if channels are lanes
    private final long end;

    /**
     * @param shape {@code [outer, groups, H, W, channels]}
     * @param strides elements of x and y between neighbours along those axes; the groups' or the channels' is 1
     * @param parameters in the order of {@link MultiScalePattern#parameters}
     */
    MultiScaleKernel(Shape shape, long[] strides, Buffer x, List<Buffer> parameters, Buffer y) {
        this.x = x;
        this.y = y;
        this.weight1 = parameters.get(0);
        this.bias1 = parameters.get(1);
        this.gamma = parameters.get(2);
        this.beta = parameters.get(3);
        this.weight3 = parameters.get(4);
        this.bias3 = parameters.get(5);
        this.strides = new long[5];
        for (int i = 0; i < 5; i++) {
            this.strides[i] = 4 * strides[i];
        }
        this.lanes = strides[4] == 1 ? 1 : LANES;
        this.groups = shape.dim(1) / lanes;
        this.height = shape.dim(2);
        this.width = shape.dim(3);
        this.channels = shape.dim(4);
        this.numbers = channels * lanes;
        this.planes = numbers / LANES;
        this.planeBytes = VECTOR_BYTES * (height + 2) * (width + 2);
        this.units = shape.dim(0) * groups;
        this.row = 4L * numbers;
        this.means = planes * planeBytes;
        this.gates = means + row * (height + width);
        this.sums = gates + row * (height + width);
        this.taps = sums + row * TAPS;
        this.p = taps + row * TAPS;
        this.mean = p + row;
        this.factor = mean + row;
        this.shift = factor + row;
        this.q = shift + row;
        this.line = q + row;
        this.columns = line + VECTOR_BYTES * width;
        this.end = columns + (lanes == 1 ? 4L * channels * channels : 0);
        this.flops = 2L * shape.size() * (TAPS + 6);
    }

    @Override
    int units() {
        return units;
    }

    @Override
    long scratchBytes() {
        return end;
    }

    @Override
    void run(int unit, Scratch memory) {
        for (Phase phase : phases) {
            phase.run(unit, memory.address);
        }
    }

    /**
     * A part of a unit's work. Through an interface: the compiler would put all parts into one method, run out of its budget for
     * inlining, and leave vectors as objects.
     */
    private interface Phase {
        void run(int unit, long scratch);
    }

    /** Bytes from the start of x and y to a unit's first pixel. */
    private long place(int unit) {
        return strides[0] * (unit / groups) + strides[1] * lanes * (unit % groups);
    }

    private void copy(int unit, long scratch) {
        long from = x.at() + place(unit);
        for (int k = 0; k < planes; k++) {
            long plane = scratch + planeBytes * k;
            long sums = scratch + means + VECTOR_BYTES * k;
            clearBorder(plane);
            for (int i = 0; i < height; i++) {
                MultiScaleRowKernel.copyRow(from + planeOffset(k) + strides[2] * i, strides[3], pixel(plane, i, 0), width, sums + row * i,
                    sums + row * height, row, i == 0);
            }
        }
    }

    private void gates(int unit, long scratch) {
        gates(scratch + means, scratch + gates, scratch + columns);
    }

    private void weights(int unit, long scratch) {
        sumUnderTaps(scratch, scratch + means, scratch + sums);
        softmaxOfBeta(scratch + q);
        tapWeights(scratch + q, scratch + taps);
        softmaxOfMeans(scratch + sums, scratch + p);
    }

    private void moments(int unit, long scratch) {
        for (int k = 0; k < planes; k++) {
            long at = scratch + VECTOR_BYTES * k;
            moments(scratch + planeBytes * k, at + gates, at + gates + row * height, row, at + mean, at + factor);
        }
        factors(scratch + q, scratch + p, scratch + mean, scratch + factor, scratch + shift);
    }

    private void multiply(int unit, long scratch) {
        long to = y.at() + place(unit);
        for (int i = 0; i < height; i++) {
            ElementwiseKernel.zero(scratch + line, (long) LANES * width);
            for (int k = 0; k < planes; k++) {
                long at = scratch + VECTOR_BYTES * k;
                tapRow(scratch + planeBytes * k + VECTOR_BYTES * (width + 2) * i, scratch + taps + VECTOR_BYTES * TAPS * k, at + factor,
                    at + gates + row * i, at + gates + row * height, scratch + line);
            }
            finish(scratch, i, scratch + line, scratch + shift, to + strides[2] * i);
        }
    }

    private long planeOffset(int k) {
        return lanes == 1 ? VECTOR_BYTES * k : strides[4] * k;
    }

    private long pixel(long plane, int i, int j) {
        return plane + VECTOR_BYTES * ((long) (i + 1) * (width + 2) + j + 1);
    }

    private void clearBorder(long plane) {
        int across = width + 2;
        for (int j = 0; j < across; j++) {
            store(Simd.zero(), plane + VECTOR_BYTES * j);
            store(Simd.zero(), plane + VECTOR_BYTES * ((long) (height + 1) * across + j));
        }
        for (int i = 1; i <= height; i++) {
            store(Simd.zero(), plane + VECTOR_BYTES * i * across);
            store(Simd.zero(), plane + VECTOR_BYTES * (i * across + across - 1));
        }
    }

    /** A tap above the centre misses the last row, one below it the first; likewise for columns. Few numbers: not worth vectors. */
    private void sumUnderTaps(long image, long sums, long out) {
        for (int f = 0; f < numbers; f++) {
            long plane = image + planeBytes * (f / LANES);
            float total = 0;
            for (int i = 0; i < height; i++) {
                total += get(sums + row * i + 4L * f);
            }
            for (int tap = 0; tap < TAPS; tap++) {
                int i = tap / 3 == 0 ? height - 1 : tap / 3 == 2 ? 0 : -1;
                int j = tap % 3 == 0 ? width - 1 : tap % 3 == 2 ? 0 : -1;
                float sum = total;
                if (i >= 0) {
                    sum -= get(sums + row * i + 4L * f);
                }
                if (j >= 0) {
                    sum -= get(sums + row * (height + j) + 4L * f);
                }
                if (i >= 0 && j >= 0) {
                    sum += get(pixel(plane, i, j) + 4L * (f % LANES));
                }
                set(out + row * tap + 4L * f, sum);
            }
        }
    }

    /** sigmoid(W1 m + b1) at each row and column, m the means. */
    private void gates(long sums, long gates, long columns) {
        if (lanes == 1) {
            for (int i = 0; i < channels; i++) {
                for (int o = 0; o < channels; o++) {
                    set(columns + 4L * (i * channels + o), get(weight1.at() + 4L * (o * channels + i)));
                }
            }
        }
        for (int at = 0; at < height + width; at++) {
            float scale = 1f / (at < height ? width : height);
            long in = sums + 4L * numbers * at;
            long out = gates + 4L * numbers * at;
            if (lanes == 1) {
                for (int o = 0; o < channels; o += LANES) {
                    MultiScaleRowKernel.mixColumns(in, columns + 4L * o, channels, scale, bias1.at() + 4L * o, out + 4L * o);
                }
            } else {
                for (int f = 0; f < numbers; f++) {
                    set(out + 4L * f, get(bias1.at() + 4L * (f / lanes)));
                }
                mix(in, weight1.at(), 1, scale, out);
            }
        }
        MultiScaleRowKernel.sigmoids(gates, numbers / LANES * (height + width));
    }

    /** {@code out[o] += scale sum_i weight[o, i] in[i]}, weights of one tap. */
    private void mix(long in, long weight, int step, float scale, long out) {
        for (int o = 0; o < channels; o++) {
            long w = weight + 4L * step * channels * o;
            if (lanes == 1) {
                set(out + 4L * o, get(out + 4L * o) + scale * mixed(in, w, step));
            } else {
                mixLanes(in, w, step, scale, out + VECTOR_BYTES * o);
            }
        }
    }

    private float mixed(long in, long w, int step) {
        float sum = 0;
        for (int i = 0; i < channels; i++) {
            sum += get(w + 4L * step * i) * get(in + 4L * i);
        }
        return sum;
    }

    private void mixLanes(long in, long w, int step, float scale, long out) {
        FloatVector sum = Simd.zero();
        for (int i = 0; i < channels; i++) {
            sum = fma(all(get(w + 4L * step * i)), load(in + VECTOR_BYTES * i), sum);
        }
        store(fma(sum, all(scale), load(out)), out);
    }

    private void softmaxOfBeta(long q) {
        float max = Float.NEGATIVE_INFINITY;
        for (int c = 0; c < channels; c++) {
            max = Math.max(max, get(beta.at() + 4L * c));
        }
        float sum = 0;
        for (int c = 0; c < channels; c++) {
            float e = (float) Math.exp(get(beta.at() + 4L * c) - max);
            set(q + 4L * c, e);
            sum += e;
        }
        for (int c = 0; c < channels; c++) {
            set(q + 4L * c, get(q + 4L * c) / sum);
        }
    }

    /** sum_o q[o] W3[o, i, tap], as vectors in the planes' layout. */
    private void tapWeights(long q, long taps) {
        for (int i = 0; i < channels; i++) {
            for (int tap = 0; tap < TAPS; tap++) {
                float sum = 0;
                for (int o = 0; o < channels; o++) {
                    sum += get(q + 4L * o) * get(weight3.at() + 4L * ((o * channels + i) * TAPS + tap));
                }
                for (int lane = 0; lane < lanes; lane++) {
                    int f = i * lanes + lane;
                    set(taps + VECTOR_BYTES * (f / LANES * TAPS + tap) + 4L * (f % LANES), sum);
                }
            }
        }
    }

    /** Softmax over the channels of b3 + mean over the pixels of the convolution. */
    private void softmaxOfMeans(long sums, long p) {
        for (int f = 0; f < numbers; f++) {
            set(p + 4L * f, get(bias3.at() + 4L * (f / lanes)));
        }
        for (int tap = 0; tap < TAPS; tap++) {
            mix(sums + 4L * numbers * tap, weight3.at() + 4L * tap, TAPS, 1f / (height * width), p);
        }
        for (int lane = 0; lane < lanes; lane++) {
            float max = Float.NEGATIVE_INFINITY;
            for (int f = lane; f < numbers; f += lanes) {
                max = Math.max(max, get(p + 4L * f));
            }
            for (int f = lane; f < numbers; f += lanes) {
                set(p + 4L * f, get(p + 4L * f) - max);
            }
        }
        MultiScaleRowKernel.exponentials(p, numbers / LANES);
        for (int lane = 0; lane < lanes; lane++) {
            float sum = 0;
            for (int f = lane; f < numbers; f += lanes) {
                sum += get(p + 4L * f);
            }
            for (int f = lane; f < numbers; f += lanes) {
                set(p + 4L * f, get(p + 4L * f) / sum);
            }
        }
    }

    /** Mean and 1 / sqrt(variance + eps) of the gated pixels of a plane. */
    private void moments(long plane, long gateH, long gateW, long step, long mean, long scale) {
        float share = 1f / (height * width);
        MultiScaleRowKernel.clear(mean);
        MultiScaleRowKernel.clear(scale);
        for (int i = 0; i < height; i++) {
            MultiScaleRowKernel.addGated(pixel(plane, i, 0), gateH + step * i, gateW, step, width, mean);
        }
        for (int lane = 0; lane < LANES; lane++) {
            set(mean + 4L * lane, get(mean + 4L * lane) * share);
        }
        for (int i = 0; i < height; i++) {
            MultiScaleRowKernel.addGatedSquares(pixel(plane, i, 0), gateH + step * i, gateW, step, width, mean, scale);
        }
        for (int lane = 0; lane < LANES; lane++) {
            set(scale + 4L * lane, (float) (1 / Math.sqrt(get(scale + 4L * lane) * share + MultiScalePattern.eps())));
        }
    }

    /**
     * p a = sum of p (gamma (u - mean) scale + beta) for gated pixels u: the factor of u takes the place of the scale, the rest goes
     * to the shift, with q b3.
     */
    private void factors(long q, long p, long mean, long scale, long shift) {
        for (int lane = 0; lane < lanes; lane++) {
            float sum = 0;
            for (int c = 0; c < channels; c++) {
                long f = 4L * (c * lanes + lane);
                float factor = get(p + f) * get(gamma.at() + 4L * c) * get(scale + f);
                sum += get(p + f) * get(beta.at() + 4L * c) - factor * get(mean + f) + get(q + 4L * c) * get(bias3.at() + 4L * c);
                set(scale + f, factor);
            }
            set(shift + 4L * lane, sum);
        }
    }

    /** Adds to a line of vectors: nine taps, and the pixel itself times its gates and factor. Four pixels at a time. */
    private void tapRow(long x, long taps, long factor, long gateH, long gateW, long line) {
        long step = 4L * numbers;
        long down = VECTOR_BYTES * (width + 2);
        int j = 0;
        for (; j <= width - 4; j += 4) {
            MultiScaleRowKernel.fourPixels(x + VECTOR_BYTES * j, down, taps, factor, gateH, gateW + step * j, step, line + VECTOR_BYTES * j);
        }
        for (; j < width; j++) {
            MultiScaleRowKernel.onePixel(x + VECTOR_BYTES * j, down, taps, factor, gateH, gateW + step * j, line + VECTOR_BYTES * j);
        }
    }

    /** Multiplies a row of pixels by the sigmoid of its line. */
    private void finish(long image, int i, long line, long shift, long out) {
        if (lanes == 1) {
            float s = get(shift);
            for (int j = 0; j < width; j++) {
                set(line + 4L * j, Simd.sum(load(line + VECTOR_BYTES * j)) + s);
            }
            MultiScaleRowKernel.sigmoids(line, (width + LANES - 1) / LANES);
            for (int k = 0; k < planes; k++) {
                MultiScaleRowKernel.scaleByNumbers(pixel(image + planeBytes * k, i, 0), line, out + planeOffset(k), strides[3], width);
            }
        } else {
            MultiScaleRowKernel.addShift(line, shift, width);
            MultiScaleRowKernel.sigmoids(line, width);
            for (int k = 0; k < planes; k++) {
                MultiScaleRowKernel.scaleByVectors(pixel(image + planeBytes * k, i, 0), line, out + planeOffset(k), strides[3], width);
            }
        }
    }
}
