package io.github.remocap.tensor.vector;

/**
 * One direction of the gradient of a convolution with strides to those inputs that have the same place in a stride: a convolution of
 * the output gradient with a part of the taps, without strides.
 *
 * @param place of the inputs, in [0, stride)
 * @param taps that reach them, in the order of the output gradients they are multiplied with; none if no tap does
 * @param padding of this convolution
 * @param skip results of it before the first that is wanted
 * @param start the first input with a result, counted in strides
 * @param count inputs with a result
 * @param complete whether all inputs at this place have one
 */
record StridedTaps(int place, int[] taps, int padding, int skip, int start, int count, boolean complete) {
    /**
     * Input {@code stride i + place} meets tap {@code first + stride j} in output {@code i + a - j}.
     *
     * @param outputs extent of the output gradient
     * @param inputs extent of the input
     */
    static StridedTaps of(int place, int stride, int padding, int kernel, int outputs, int inputs) {
        int first = (place + padding) % stride;
        int n = first < kernel ? (kernel - first + stride - 1) / stride : 0;
        int wanted = Math.max(0, (inputs - place + stride - 1) / stride);
        if (n == 0 || wanted == 0) {
            return new StridedTaps(place, new int[0], 0, 0, 0, 0, wanted == 0);
        }
        int[] taps = new int[n];
        for (int j = 0; j < n; j++) {
            taps[n - 1 - j] = first + stride * j;
        }
        int a = (place + padding - first) / stride;
        // Input i is result i + a - (n - 1) + pad; at most n - 1 zeros on each side do anything.
        int pad = Math.clamp(Math.max(n - 1 - a, wanted - 1 + a - (outputs - 1)), 0, n - 1);
        int shift = a - (n - 1) + pad;
        int start = Math.max(0, -shift);
        int end = Math.min(wanted, outputs + 2 * pad - n + 1 - shift);
        return new StridedTaps(place, taps, pad, start + shift, start, end - start, start == 0 && end == wanted);
    }

    /** Results of the convolution. */
    int extent(int outputs) {
        return outputs + 2 * padding - taps.length + 1;
    }
}
