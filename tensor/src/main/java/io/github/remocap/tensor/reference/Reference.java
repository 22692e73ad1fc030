package io.github.remocap.tensor.reference;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.CustomOp;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.Folded;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What each op computes. */
final class Reference {
    private Reference() {
    }

    /** The output of an op that is no leaf. */
    static double[] compute(Op op, List<double[]> in, List<Shape> shapes, Shape out) {
        return switch (op) {
            case Op.Input o -> throw new IllegalArgumentException("leaf " + o);
            case Op.Parameter o -> throw new IllegalArgumentException("leaf " + o);
            case Op.Constant o -> throw new IllegalArgumentException("leaf " + o);
            case Op.Unary o -> unary(o, in.get(0));
            case Op.Affine o -> affine(o, in.get(0));
            case Op.Binary o -> binary(o, in, shapes, out);
            case Op.Dropout o -> dropout(o, in.get(0), (long) in.get(1)[0]);
            case Op.Reshape o -> in.get(0);
            case Op.Detach o -> in.get(0);
            case Op.Permute o -> permute(o, in.get(0), shapes.get(0), out);
            case Op.Broadcast o -> spread(in.get(0), shapes.get(0), out);
            case Op.Slice o -> along(o.axis(), in.get(0), shapes.get(0), out, i -> i + o.start());
            case Op.Pad o -> along(o.axis(), in.get(0), shapes.get(0), out, i -> i - o.before());
            case Op.Gather o -> along(o.axis(), in.get(0), shapes.get(0), out, i -> o.indices().get(i));
            case Op.ScatterAdd o -> scatterAdd(o, in.get(0), shapes.get(0), out);
            case Op.Concat o -> concat(o, in, shapes, out);
            case Op.Reduce o -> reduce(o, in.get(0), shapes.get(0), out);
            case Op.Softmax o -> softmax(in.get(0), out);
            case Op.MatMul o -> epilogue(o.epilogue(), matmul(o, in, shapes, out), in, 2, out);
            case Op.Conv2d o -> epilogue(o.epilogue(), conv2d(o, in, shapes, out), in, 2, out);
            case Op.Conv2dInputGradient o -> conv2dInputGradient(o, in, shapes, out);
            case Op.Conv2dWeightGradient o -> conv2dWeightGradient(o, in, shapes, out);
            case Op.SparseMatMul o -> sparse(o.matrix(), in.get(0), out);
            case Op.Attention o -> attention(o.heads(), o.mask(), in, shapes, out);
            case Op.AttentionGradient o -> attentionGradient(o, in, shapes, out);
            case Op.Normalize o -> normalize(o, in, shapes.get(0));
            case Op.NormalizeGradient o -> normalizeGradient(o, in, shapes.get(0));
            case Op.BatchNorm o -> batchNorm(o, in, out);
            case Op.Moments _ -> moments(in.get(0), shapes.get(0));
            case Op.BatchNormGradient o -> batchNormGradient(o, in, shapes.get(0));
            case Op.Upsample o -> epilogue(o.epilogue(), upsample(o.scale(), in.get(0), shapes.get(0), out), in, 1, out);
            case Op.Downsum o -> downsum(o.scale(), in.get(0), shapes.get(0), out);
            case Op.Custom o -> custom(o.op(), in, shapes, out);
        };
    }

    private static double[] unary(Op.Unary op, double[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            double v = x[i];
            y[i] = switch (op.fn()) {
                case NEG -> -v;
                case ABS -> Math.abs(v);
                case SIGN -> Math.signum(v);
                case SQUARE -> v * v;
                case SQRT -> Math.sqrt(v);
                case RECIPROCAL -> 1 / v;
                case EXP -> Math.exp(v);
                case LOG -> Math.log(v);
                case SIN -> Math.sin(v);
                case COS -> Math.cos(v);
                case TANH -> Math.tanh(v);
                case SIGMOID -> 1 / (1 + Math.exp(-v));
                case RELU -> v < 0 ? 0 : v;
                case STEP -> v > 0 ? 1 : 0;
                case IS_FINITE -> Double.isFinite(v) ? 1 : 0;
            };
        }
        return y;
    }

    private static double[] affine(Op.Affine op, double[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = op.scale() * x[i] + op.shift();
        }
        return y;
    }

    private static double[] binary(Op.Binary op, List<double[]> in, List<Shape> shapes, Shape out) {
        double[] a = spread(in.get(0), shapes.get(0), out);
        double[] b = spread(in.get(1), shapes.get(1), out);
        double[] y = new double[a.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = switch (op.fn()) {
                case ADD -> a[i] + b[i];
                case SUB -> a[i] - b[i];
                case MUL -> a[i] * b[i];
                case DIV -> a[i] / b[i];
                case MAX -> Math.max(a[i], b[i]);
                case MIN -> Math.min(a[i], b[i]);
                case GREATER -> a[i] > b[i] ? 1 : 0;
                case DIV_OR_ZERO -> b[i] == 0 ? 0 : a[i] / b[i];
            };
        }
        return y;
    }

    private static double[] dropout(Op.Dropout op, double[] x, long step) {
        long stream = CounterRandom.stream(op.key(), step);
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = CounterRandom.uniform(stream, i) < op.p() ? 0 : x[i] / (1 - op.p());
        }
        return y;
    }

    private static double[] permute(Op.Permute op, double[] x, Shape from, Shape out) {
        long[] strides = from.strides();
        int rank = out.rank();
        double[] y = new double[x.length];
        int[] index = new int[rank];
        for (int i = 0; i < y.length; i++) {
            long at = 0;
            for (int a = 0; a < rank; a++) {
                at += index[a] * strides[op.axes().get(a)];
            }
            y[i] = x[(int) at];
            increment(index, out);
        }
        return y;
    }

    /** NumPy's broadcast_to. */
    private static double[] spread(double[] x, Shape from, Shape to) {
        if (from.equals(to)) {
            return x;
        }
        long[] strides = from.strides();
        int lead = to.rank() - from.rank();
        double[] y = new double[Math.toIntExact(to.size())];
        int[] index = new int[to.rank()];
        for (int i = 0; i < y.length; i++) {
            long at = 0;
            for (int a = lead; a < to.rank(); a++) {
                at += from.dim(a - lead) == 1 ? 0 : index[a] * strides[a - lead];
            }
            y[i] = x[(int) at];
            increment(index, to);
        }
        return y;
    }

    private static void increment(int[] index, Shape within) {
        for (int a = index.length - 1; a >= 0; a--) {
            if (++index[a] < within.dim(a)) {
                return;
            }
            index[a] = 0;
        }
    }

    private interface IndexMap {
        int source(int target);
    }

    /** Output index i along an axis comes from input index map(i); zero where that is outside. */
    private static double[] along(int axis, double[] x, Shape from, Shape out, IndexMap map) {
        Folded f = Folded.of(from, axis, axis);
        int extent = out.dim(axis);
        int inner = (int) f.inner();
        double[] y = new double[Math.toIntExact(out.size())];
        for (int o = 0; o < f.outer(); o++) {
            for (int i = 0; i < extent; i++) {
                int source = map.source(i);
                if (source >= 0 && source < f.middle()) {
                    System.arraycopy(x, (int) ((o * f.middle() + source) * inner), y, (o * extent + i) * inner, inner);
                }
            }
        }
        return y;
    }

    private static double[] scatterAdd(Op.ScatterAdd op, double[] x, Shape from, Shape out) {
        Folded f = Folded.of(from, op.axis(), op.axis());
        int inner = (int) f.inner();
        double[] y = new double[Math.toIntExact(out.size())];
        for (int o = 0; o < f.outer(); o++) {
            for (int i = 0; i < f.middle(); i++) {
                for (int c = 0; c < inner; c++) {
                    y[(o * op.extent() + op.indices().get(i)) * inner + c] += x[(int) ((o * f.middle() + i) * inner + c)];
                }
            }
        }
        return y;
    }

    private static double[] concat(Op.Concat op, List<double[]> in, List<Shape> shapes, Shape out) {
        double[] y = new double[Math.toIntExact(out.size())];
        Folded f = Folded.of(out, op.axis(), op.axis());
        int at = 0;
        for (int o = 0; o < f.outer(); o++) {
            for (int p = 0; p < in.size(); p++) {
                int run = (int) (shapes.get(p).dim(op.axis()) * f.inner());
                System.arraycopy(in.get(p), o * run, y, at, run);
                at += run;
            }
        }
        return y;
    }

    private static double[] reduce(Op.Reduce op, double[] x, Shape from, Shape out) {
        Folded f = Folded.of(from, op.first(), op.last());
        double[] y = new double[Math.toIntExact(out.size())];
        for (int o = 0; o < f.outer(); o++) {
            for (int c = 0; c < f.inner(); c++) {
                double acc = op.fn() == Op.ReduceFn.MAX ? Double.NEGATIVE_INFINITY : 0;
                for (int m = 0; m < f.middle(); m++) {
                    double v = x[(int) ((o * f.middle() + m) * f.inner() + c)];
                    acc = op.fn() == Op.ReduceFn.MAX ? Math.max(acc, v) : acc + v;
                }
                y[(int) (o * f.inner() + c)] = op.fn() == Op.ReduceFn.MEAN ? acc / f.middle() : acc;
            }
        }
        return y;
    }

    private static double[] softmax(double[] x, Shape shape) {
        int n = shape.dim(-1);
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += n) {
            double max = Arrays.stream(x, row, row + n).max().orElseThrow();
            double sum = 0;
            for (int i = row; i < row + n; i++) {
                y[i] = Math.exp(x[i] - max);
                sum += y[i];
            }
            for (int i = row; i < row + n; i++) {
                y[i] /= sum;
            }
        }
        return y;
    }

    private static double[] epilogue(Epilogue e, double[] y, List<double[]> in, int first, Shape out) {
        int at = first;
        if (e.bias()) {
            double[] bias = in.get(at++);
            for (int i = 0; i < y.length; i++) {
                y[i] += bias[i % bias.length];
            }
        }
        if (e.residual()) {
            double[] residual = in.get(at);
            for (int i = 0; i < y.length; i++) {
                y[i] += residual[i];
            }
        }
        if (e.relu()) {
            for (int i = 0; i < y.length; i++) {
                y[i] = y[i] < 0 ? 0 : y[i];
            }
        }
        return y;
    }

    private static double[] matmul(Op.MatMul op, List<double[]> in, List<Shape> shapes, Shape out) {
        Shape sa = shapes.get(0);
        Shape sb = shapes.get(1);
        int m = out.dim(-2);
        int n = out.dim(-1);
        int k = sa.dim(op.transposeA() ? -2 : -1);
        int[] lead = Arrays.copyOf(out.dims(), out.rank() - 2);
        Shape batch = Shape.of(lead);
        double[] a = spread(in.get(0), sa, concat(batch, sa.dim(-2), sa.dim(-1)));
        double[] b = spread(in.get(1), sb, concat(batch, sb.dim(-2), sb.dim(-1)));
        double[] y = new double[Math.toIntExact(out.size())];
        for (int s = 0; s < batch.size(); s++) {
            for (int i = 0; i < m; i++) {
                for (int p = 0; p < k; p++) {
                    double v = a[s * m * k + (op.transposeA() ? p * m + i : i * k + p)];
                    for (int j = 0; j < n; j++) {
                        y[(s * m + i) * n + j] += v * b[s * k * n + (op.transposeB() ? j * k + p : p * n + j)];
                    }
                }
            }
        }
        return y;
    }

    private static Shape concat(Shape lead, int a, int b) {
        int[] dims = Arrays.copyOf(lead.dims(), lead.rank() + 2);
        dims[lead.rank()] = a;
        dims[lead.rank() + 1] = b;
        return Shape.of(dims);
    }

    private interface Tap {
        /** One product of a convolution: positions in input, weight and output, and run lengths are the caller's. */
        void at(int x, int w, int y);
    }

    /** Visits every (input pixel, kernel position, output pixel); x and y are offsets of channel 0, w of [0][0][ky][kx]. */
    private static void taps(Shape x, Shape w, Shape y, int stride, int padding, Tap tap) {
        for (int n = 0; n < y.dim(0); n++) {
            for (int oy = 0; oy < y.dim(1); oy++) {
                for (int ox = 0; ox < y.dim(2); ox++) {
                    for (int ky = 0; ky < w.dim(2); ky++) {
                        for (int kx = 0; kx < w.dim(3); kx++) {
                            int iy = oy * stride - padding + ky;
                            int ix = ox * stride - padding + kx;
                            if (iy >= 0 && iy < x.dim(1) && ix >= 0 && ix < x.dim(2)) {
                                tap.at(((n * x.dim(1) + iy) * x.dim(2) + ix) * x.dim(3), ky * w.dim(3) + kx,
                                    ((n * y.dim(1) + oy) * y.dim(2) + ox) * y.dim(3));
                            }
                        }
                    }
                }
            }
        }
    }

    private static double[] conv2d(Op.Conv2d op, List<double[]> in, List<Shape> shapes, Shape out) {
        double[] x = in.get(0);
        Shape ws = shapes.get(1);
        double[] w = tapsFirst(in.get(1), ws);
        int ci = ws.dim(1);
        int co = ws.dim(0);
        double[] y = new double[Math.toIntExact(out.size())];
        taps(shapes.get(0), ws, out, op.stride(), op.padding(), (xa, wa, ya) -> {
            for (int i = 0; i < ci; i++) {
                double v = x[xa + i];
                int row = (wa * ci + i) * co;
                for (int o = 0; o < co; o++) {
                    y[ya + o] += v * w[row + o];
                }
            }
        });
        return y;
    }

    /** [O,I,kh,kw] to [kh*kw,I,O], so that the inner loops run along memory. */
    private static double[] tapsFirst(double[] w, Shape s) {
        int co = s.dim(0);
        int ci = s.dim(1);
        int taps = s.dim(2) * s.dim(3);
        double[] r = new double[w.length];
        for (int o = 0; o < co; o++) {
            for (int i = 0; i < ci; i++) {
                for (int t = 0; t < taps; t++) {
                    r[(t * ci + i) * co + o] = w[(o * ci + i) * taps + t];
                }
            }
        }
        return r;
    }

    private static double[] conv2dInputGradient(Op.Conv2dInputGradient op, List<double[]> in, List<Shape> shapes, Shape out) {
        double[] g = in.get(0);
        Shape ws = shapes.get(1);
        double[] w = tapsFirst(in.get(1), ws);
        int ci = ws.dim(1);
        int co = ws.dim(0);
        double[] x = new double[Math.toIntExact(out.size())];
        taps(out, ws, shapes.get(0), op.stride(), op.padding(), (xa, wa, ya) -> {
            for (int i = 0; i < ci; i++) {
                int row = (wa * ci + i) * co;
                double acc = 0;
                for (int o = 0; o < co; o++) {
                    acc += g[ya + o] * w[row + o];
                }
                x[xa + i] += acc;
            }
        });
        return x;
    }

    private static double[] conv2dWeightGradient(Op.Conv2dWeightGradient op, List<double[]> in, List<Shape> shapes, Shape out) {
        double[] x = in.get(0);
        double[] g = in.get(1);
        int ci = out.dim(1);
        int co = out.dim(0);
        int taps = out.dim(2) * out.dim(3);
        double[] w = new double[Math.toIntExact(out.size())];
        taps(shapes.get(0), out, shapes.get(1), op.stride(), op.padding(), (xa, wa, ya) -> {
            for (int o = 0; o < co; o++) {
                for (int i = 0; i < ci; i++) {
                    w[(o * ci + i) * taps + wa] += x[xa + i] * g[ya + o];
                }
            }
        });
        return w;
    }

    private static double[] sparse(SparseMatrix m, double[] x, Shape out) {
        int c = out.dim(-1);
        int batch = Math.toIntExact(out.size() / Math.max(1, (long) m.rows() * c));
        double[] y = new double[Math.toIntExact(out.size())];
        for (int b = 0; b < batch; b++) {
            for (int r = 0; r < m.rows(); r++) {
                for (int e = m.rowStart()[r]; e < m.rowStart()[r + 1]; e++) {
                    for (int i = 0; i < c; i++) {
                        y[(b * m.rows() + r) * c + i] += m.values()[e] * x[(b * m.cols() + m.columns()[e]) * c + i];
                    }
                }
            }
        }
        return y;
    }

    /** Softmax weights of one query row of one head; masked keys get 0. */
    private static double[] weights(@Nullable AttentionMask mask, double[] q, int qa, double[] k, int ka, int row, int keys, int d, int features) {
        double[] p = new double[keys];
        double max = Double.NEGATIVE_INFINITY;
        for (int s = 0; s < keys; s++) {
            if (mask == null || mask.allows(row, s)) {
                double dot = 0;
                for (int c = 0; c < d; c++) {
                    dot += q[qa + c] * k[ka + s * features + c];
                }
                p[s] = dot / Math.sqrt(d);
                max = Math.max(max, p[s]);
            } else {
                p[s] = Double.NEGATIVE_INFINITY;
            }
        }
        double sum = 0;
        for (int s = 0; s < keys; s++) {
            p[s] = Math.exp(p[s] - max);
            sum += p[s];
        }
        for (int s = 0; s < keys; s++) {
            p[s] /= sum;
        }
        return p;
    }

    private static double[] attention(int heads, @Nullable AttentionMask mask, List<double[]> in, List<Shape> shapes, Shape out) {
        int batch = out.dim(0);
        int queries = out.dim(1);
        int features = out.dim(2);
        int keys = shapes.get(1).dim(1);
        int d = features / heads;
        double[] v = in.get(2);
        double[] y = new double[Math.toIntExact(out.size())];
        for (int b = 0; b < batch; b++) {
            int qb = shapes.get(0).dim(0) == 1 ? 0 : b * queries * features;
            int kb = shapes.get(1).dim(0) == 1 ? 0 : b * keys * features;
            int vb = shapes.get(2).dim(0) == 1 ? 0 : b * keys * features;
            for (int h = 0; h < heads; h++) {
                for (int t = 0; t < queries; t++) {
                    double[] p = weights(mask, in.get(0), qb + t * features + h * d, in.get(1), kb + h * d, t, keys, d, features);
                    for (int s = 0; s < keys; s++) {
                        for (int c = 0; c < d; c++) {
                            y[(b * queries + t) * features + h * d + c] += p[s] * v[vb + s * features + h * d + c];
                        }
                    }
                }
            }
        }
        return y;
    }

    private static double[] attentionGradient(Op.AttentionGradient op, List<double[]> in, List<Shape> shapes, Shape out) {
        int batch = shapes.get(3).dim(0);
        int queries = shapes.get(3).dim(1);
        int features = shapes.get(3).dim(2);
        int keys = shapes.get(1).dim(1);
        int heads = op.heads();
        int d = features / heads;
        double[] q = in.get(0);
        double[] k = in.get(1);
        double[] v = in.get(2);
        double[] g = in.get(3);
        double[] y = new double[Math.toIntExact(out.size())];
        int dk = batch * queries * features;
        int dv = dk + batch * keys * features;
        for (int b = 0; b < batch; b++) {
            int qb = shapes.get(0).dim(0) == 1 ? 0 : b * queries * features;
            int kb = shapes.get(1).dim(0) == 1 ? 0 : b * keys * features;
            int vb = shapes.get(2).dim(0) == 1 ? 0 : b * keys * features;
            for (int h = 0; h < heads; h++) {
                for (int t = 0; t < queries; t++) {
                    int row = (b * queries + t) * features + h * d;
                    double[] p = weights(op.mask(), q, qb + t * features + h * d, k, kb + h * d, t, keys, d, features);
                    double[] dp = new double[keys];
                    double mean = 0;
                    for (int s = 0; s < keys; s++) {
                        for (int c = 0; c < d; c++) {
                            dp[s] += g[row + c] * v[vb + s * features + h * d + c];
                        }
                        mean += p[s] * dp[s];
                    }
                    for (int s = 0; s < keys; s++) {
                        double ds = p[s] * (dp[s] - mean) / Math.sqrt(d);
                        int key = (b * keys + s) * features + h * d;
                        for (int c = 0; c < d; c++) {
                            y[row + c] += ds * k[kb + s * features + h * d + c];
                            y[dk + key + c] += ds * q[qb + t * features + h * d + c];
                            y[dv + key + c] += p[s] * g[row + c];
                        }
                    }
                }
            }
        }
        return y;
    }

    private static double[] normalize(Op.Normalize op, List<double[]> in, Shape shape) {
        double[] x = in.get(0);
        Folded f = Folded.of(shape, op.first(), op.last());
        double[] y = new double[x.length];
        for (int o = 0; o < f.outer(); o++) {
            for (int c = 0; c < f.inner(); c++) {
                double[] s = moments(x, f, o, c);
                double scale = 1 / Math.sqrt(s[1] + op.eps());
                for (int m = 0; m < f.middle(); m++) {
                    int i = at(f, o, m, c);
                    y[i] = (x[i] - s[0]) * scale;
                }
            }
        }
        if (op.affine()) {
            int channels = shape.dim(-1);
            for (int i = 0; i < y.length; i++) {
                y[i] = y[i] * in.get(1)[i % channels] + in.get(2)[i % channels];
            }
        }
        return y;
    }

    private static int at(Folded f, int o, int m, int c) {
        return (int) ((o * f.middle() + m) * f.inner() + c);
    }

    /** Mean and biased variance along the middle. */
    private static double[] moments(double[] x, Folded f, int o, int c) {
        double mean = 0;
        for (int m = 0; m < f.middle(); m++) {
            mean += x[at(f, o, m, c)];
        }
        mean /= f.middle();
        double variance = 0;
        for (int m = 0; m < f.middle(); m++) {
            double e = x[at(f, o, m, c)] - mean;
            variance += e * e;
        }
        return new double[] {mean, variance / f.middle()};
    }

    /** With y the normalised x and s the standard deviation: (g - mean(g) - y mean(g y)) / s. */
    private static double[] normalizeGradient(Op.NormalizeGradient op, List<double[]> in, Shape shape) {
        double[] x = in.get(0);
        double[] g = in.get(1);
        Folded f = Folded.of(shape, op.first(), op.last());
        double[] y = new double[x.length];
        for (int o = 0; o < f.outer(); o++) {
            for (int c = 0; c < f.inner(); c++) {
                double[] s = moments(x, f, o, c);
                double scale = 1 / Math.sqrt(s[1] + op.eps());
                double meanG = 0;
                double meanGy = 0;
                for (int m = 0; m < f.middle(); m++) {
                    int i = at(f, o, m, c);
                    meanG += g[i];
                    meanGy += g[i] * (x[i] - s[0]) * scale;
                }
                meanG /= f.middle();
                meanGy /= f.middle();
                for (int m = 0; m < f.middle(); m++) {
                    int i = at(f, o, m, c);
                    y[i] = (g[i] - meanG - (x[i] - s[0]) * scale * meanGy) * scale;
                }
            }
        }
        return y;
    }

    private static double[] moments(double[] x, Shape shape) {
        int channels = shape.dim(-1);
        Folded f = Folded.of(shape, 0, shape.rank() - 2);
        double[] y = new double[2 * channels];
        for (int c = 0; c < channels; c++) {
            double[] s = moments(x, f, 0, c);
            y[c] = s[0];
            y[channels + c] = s[1];
        }
        return y;
    }

    private static double[] batchNormGradient(Op.BatchNormGradient op, List<double[]> in, Shape shape) {
        double[] x = in.get(0);
        double[] g = in.get(2);
        int channels = shape.dim(-1);
        Folded f = Folded.of(shape, 0, shape.rank() - 2);
        double[] scaled = new double[g.length];
        double[] y = new double[g.length + 2 * channels];
        for (int i = 0; i < g.length; i++) {
            scaled[i] = g[i] * in.get(1)[i % channels];
        }
        Op.NormalizeGradient toInput = new Op.NormalizeGradient(0, shape.rank() - 2, op.eps());
        System.arraycopy(normalizeGradient(toInput, List.of(x, scaled), shape), 0, y, 0, g.length);
        for (int c = 0; c < channels; c++) {
            double[] s = moments(x, f, 0, c);
            for (int i = c; i < g.length; i += channels) {
                y[g.length + c] += g[i] * (x[i] - s[0]) / Math.sqrt(s[1] + op.eps());
                y[g.length + channels + c] += g[i];
            }
        }
        return y;
    }

    private static double[] batchNorm(Op.BatchNorm op, List<double[]> in, Shape shape) {
        double[] x = in.get(0);
        int channels = shape.dim(-1);
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            int c = i % channels;
            y[i] = (x[i] - in.get(3)[c]) / Math.sqrt(in.get(4)[c] + op.eps()) * in.get(1)[c] + in.get(2)[c];
        }
        return y;
    }

    private static double[] upsample(int scale, double[] x, Shape from, Shape out) {
        int c = out.dim(3);
        double[] y = new double[Math.toIntExact(out.size())];
        for (int i = 0; i < y.length / c; i++) {
            int px = i % out.dim(2);
            int py = i / out.dim(2) % out.dim(1);
            int n = i / out.dim(2) / out.dim(1);
            System.arraycopy(x, ((n * from.dim(1) + py / scale) * from.dim(2) + px / scale) * c, y, i * c, c);
        }
        return y;
    }

    private static double[] downsum(int scale, double[] x, Shape from, Shape out) {
        int c = out.dim(3);
        double[] y = new double[Math.toIntExact(out.size())];
        for (int i = 0; i < x.length; i++) {
            int pixel = i / c;
            int px = pixel % from.dim(2);
            int py = pixel / from.dim(2) % from.dim(1);
            int n = pixel / from.dim(2) / from.dim(1);
            y[((n * out.dim(1) + py / scale) * out.dim(2) + px / scale) * c + i % c] += x[i];
        }
        return y;
    }

    private record Doubles(double[] array, Shape shape, boolean writable) implements CustomOp.Elements {
        @Override
        public double get(long index) {
            return array[(int) index];
        }

        @Override
        public void set(long index, double value) {
            if (!writable) {
                throw new UnsupportedOperationException("inputs of an op are read-only");
            }
            array[(int) index] = value;
        }
    }

    private static double[] custom(CustomOp op, List<double[]> in, List<Shape> shapes, Shape out) {
        List<CustomOp.Elements> inputs = new ArrayList<>();
        for (int i = 0; i < in.size(); i++) {
            inputs.add(new Doubles(in.get(i), shapes.get(i), false));
        }
        double[] y = new double[Math.toIntExact(out.size())];
        CustomOp.Elements output = new Doubles(y, out, true);
        for (int part = 0; part < op.parts(shapes); part++) {
            op.compute(part, inputs, output);
        }
        return y;
    }
}
