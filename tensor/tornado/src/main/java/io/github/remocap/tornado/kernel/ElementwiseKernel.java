package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Chains of elementwise ops, and copies between layouts, as a little program for each element. Its registers are in local memory, one column
 * for each thread, so that which register an instruction means need not be known when the kernel is compiled.
 *
 * <p>Description: number of elements, number of instructions, elements of a thread, instructions. All threads of a job take the same
 * branches; neighbouring threads touch neighbouring elements.
 */
public final class ElementwiseKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 256;
    /** Registers of a thread. */
    public static final int REGISTERS = 24;

    /** {@code register, offset}: from element i of a buffer. */
    public static final int LOAD = 0;
    /** {@code register, offset}: from the only element of a buffer. */
    public static final int LOAD_SCALAR = 1;
    /** {@code register, offset, rank, (divisor, modulus, stride) x rank}: from where i is in a strided buffer. */
    public static final int LOAD_STRIDED = 2;
    /** {@code register, offset}: to element i. */
    public static final int STORE = 3;
    /** {@code register, offset, rank, (divisor, modulus, stride) x rank}. */
    public static final int STORE_STRIDED = 4;
    /** {@code register, x, step, scale, high key, low key, threshold}. */
    public static final int DROPOUT = 5;
    /** {@code register, x, offset of the scale, offset of the shift}. */
    public static final int AFFINE = 6;
    /** {@code register, x, mean, rest of the mean, variance, gamma, beta, offset of epsilon}: (x - mean) / sqrt(variance + epsilon) gamma + beta. */
    public static final int NORMALIZE = 7;
    /** Functions of one register: {@code register, x}. This and the ordinal in UnaryFn. */
    public static final int UNARY = 8;
    /** Functions of two registers: {@code register, x, y}. This and the ordinal in BinaryFn. */
    public static final int BINARY = 32;

    private ElementwiseKernel() {
    }

    /** The task. */
    public static void run(KernelContext context, FloatArray arena, IntArray code, int slot) {
        float[] registers = context.allocateFloatLocalArray(REGISTERS * THREADS);
        int thread = context.localIdx;
        int group = context.groupIdx;
        int table = Jobs.table(code, slot);
        int job = Jobs.find(code, table, group);
        int at = Jobs.description(code, table, job);
        int elements = code.get(at);
        int instructions = code.get(at + 1);
        int each = code.get(at + 2);
        int start = (group - Jobs.first(code, table, job)) * each * THREADS + thread;
        for (int e = 0; e < each; e++) {
            int i = start + e * THREADS;
            if (i < elements) {
                int pc = at + 3;
                for (int n = 0; n < instructions; n++) {
                    int op = code.get(pc);
                    int target = code.get(pc + 1) * THREADS + thread;
                    int p = code.get(pc + 2);
                    if (op == LOAD) {
                        registers[target] = arena.get(p + i);
                        pc += 3;
                    } else if (op == STORE) {
                        arena.set(p + i, registers[target]);
                        pc += 3;
                    } else if (op == LOAD_SCALAR) {
                        registers[target] = arena.get(p);
                        pc += 3;
                    } else if (op == LOAD_STRIDED || op == STORE_STRIDED) {
                        int rank = code.get(pc + 3);
                        pc += 4;
                        int place = p;
                        for (int d = 0; d < rank; d++) {
                            place += ((i / code.get(pc)) % code.get(pc + 1)) * code.get(pc + 2);
                            pc += 3;
                        }
                        if (op == LOAD_STRIDED) {
                            registers[target] = arena.get(place);
                        } else {
                            arena.set(place, registers[target]);
                        }
                    } else if (op == AFFINE) {
                        registers[target] = arena.get(code.get(pc + 3)) * registers[p * THREADS + thread] + arena.get(code.get(pc + 4));
                        pc += 5;
                    } else if (op == NORMALIZE) {
                        // What each step loses in rounding is computed and added in the end.
                        float x = registers[p * THREADS + thread];
                        float mean = registers[code.get(pc + 3) * THREADS + thread];
                        float variance = registers[code.get(pc + 5) * THREADS + thread];
                        float gamma = registers[code.get(pc + 6) * THREADS + thread];
                        float epsilon = arena.get(code.get(pc + 8));
                        float v = variance + epsilon;
                        float more = v - variance;
                        float vLow = (variance - (v - more)) + (epsilon - more);
                        float root = TornadoMath.sqrt(v);
                        float rootHigh = upper(root);
                        float rest = root - rootHigh;
                        float rootLow = ((((v - rootHigh * rootHigh) - 2f * rootHigh * rest) - rest * rest) + vLow) / (2f * root);
                        float scale = gamma / root;
                        float scaleHigh = upper(scale);
                        float scaleRest = scale - scaleHigh;
                        float left = (((gamma - scaleHigh * rootHigh) - scaleHigh * rest) - scaleRest * rootHigh) - scaleRest * rest;
                        float scaleLow = (left - scale * rootLow) / root;
                        float deviation = x - mean;
                        float back = deviation - x;
                        float deviationLow = ((x - (deviation - back)) - (mean + back)) - registers[code.get(pc + 4) * THREADS + thread];
                        float beta = registers[code.get(pc + 7) * THREADS + thread];
                        float deviationHigh = upper(deviation);
                        float deviationRest = deviation - deviationHigh;
                        float product = deviation * scale;
                        float productLow = (((deviationHigh * scaleHigh - product) + deviationHigh * scaleRest) + deviationRest * scaleHigh)
                            + deviationRest * scaleRest;
                        float y = product + beta;
                        float share = y - product;
                        float yLow = (product - (y - share)) + (beta - share);
                        registers[target] = y + ((yLow + productLow) + (deviation * scaleLow + deviationLow * scale));
                        pc += 9;
                    } else if (op == DROPOUT) {
                        float x = registers[p * THREADS + thread];
                        long step = (long) registers[code.get(pc + 3) * THREADS + thread];
                        float scale = registers[code.get(pc + 4) * THREADS + thread];
                        long key = ((long) code.get(pc + 5) << 32) | (code.get(pc + 6) & 0xFFFFFFFFL);
                        long stream = mix(key + (step + 1L) * 0xD1B54A32D192ED03L);
                        long random = Numbers.shift(mix(stream + (i + 1L) * 0x9E3779B97F4A7C15L), 40);
                        registers[target] = (int) random < code.get(pc + 7) ? 0f : x * scale;
                        pc += 8;
                    } else if (op < BINARY) {
                        registers[target] = unary(op - UNARY, registers[p * THREADS + thread]);
                        pc += 3;
                    } else {
                        registers[target] = binary(op - BINARY, registers[p * THREADS + thread], registers[code.get(pc + 3) * THREADS + thread]);
                        pc += 4;
                    }
                }
            }
        }
    }

    /** The upper half of a number's digits: products of halves are exact (Dekker). */
    private static float upper(float x) {
        float big = x * 4097f;
        return big - (big - x);
    }

    /** SplitMix64's finaliser, as in CounterRandom. */
    private static long mix(long x) {
        long y = (x ^ Numbers.shift(x, 30)) * 0xBF58476D1CE4E5B9L;
        y = (y ^ Numbers.shift(y, 27)) * 0x94D049BB133111EBL;
        return y ^ Numbers.shift(y, 31);
    }

    /** By ordinal: NEG, ABS, SIGN, SQUARE, SQRT, RECIPROCAL, EXP, LOG, SIN, COS, TANH, SIGMOID, RELU, STEP, IS_FINITE. */
    @SuppressWarnings("IdentityBinaryExpression") // what TornadoVM translates where it knows no Float.isFinite
    private static float unary(int fn, float x) {
        float y = x;
        switch (fn) {
            case 0:
                y = -x;
                break;
            case 1:
                y = TornadoMath.abs(x);
                break;
            case 2:
                y = x > 0f ? 1f : x < 0f ? -1f : x;
                break;
            case 3:
                y = x * x;
                break;
            case 4:
                y = TornadoMath.sqrt(x);
                break;
            case 5:
                y = 1f / x;
                break;
            case 6:
                y = TornadoMath.exp(x);
                break;
            case 7:
                y = TornadoMath.log(x);
                break;
            case 8:
                y = TornadoMath.sin(x);
                break;
            case 9:
                y = TornadoMath.cos(x);
                break;
            case 10:
                y = TornadoMath.tanh(x);
                break;
            case 11:
                y = 1f / (1f + TornadoMath.exp(-x));
                break;
            case 12:
                y = x < 0f ? 0f : x;
                break;
            case 13:
                y = x > 0f ? 1f : 0f;
                break;
            default:
                y = x - x == 0f ? 1f : 0f; // infinity minus itself is NaN
                break;
        }
        return y;
    }

    /** By ordinal: ADD, SUB, MUL, DIV, MAX, MIN, GREATER, DIV_OR_ZERO. A NaN on either side stays one. */
    @SuppressWarnings("IdentityBinaryExpression") // what TornadoVM translates where it knows no Float.isNaN
    private static float binary(int fn, float a, float b) {
        // TornadoVM translates one choice in a branch, not choices in choices.
        float larger = a > b ? a : b;
        float smaller = a < b ? a : b;
        float odd = a == a ? b : a; // NaN if one is
        float y = a + b;
        switch (fn) {
            case 0:
                break;
            case 1:
                y = a - b;
                break;
            case 2:
                y = a * b;
                break;
            case 3:
                y = a / b;
                break;
            case 4:
                y = odd == odd ? larger : odd;
                break;
            case 5:
                y = odd == odd ? smaller : odd;
                break;
            case 6:
                y = a > b ? 1f : 0f;
                break;
            default:
                y = b == 0f ? 0f : a / b;
                break;
        }
        return y;
    }
}
