package io.github.remocap.tornado.lower;

import io.github.remocap.tornado.kernel.AttentionKernel;
import io.github.remocap.tornado.kernel.ConvolutionKernel;
import io.github.remocap.tornado.kernel.ElementwiseKernel;
import io.github.remocap.tornado.kernel.GradientSumsKernel;
import io.github.remocap.tornado.kernel.KeyGradientKernel;
import io.github.remocap.tornado.kernel.MomentsKernel;
import io.github.remocap.tornado.kernel.ProductKernel;
import io.github.remocap.tornado.kernel.QueryGradientKernel;
import io.github.remocap.tornado.kernel.ReduceKernel;
import io.github.remocap.tornado.kernel.SoftmaxKernel;
import io.github.remocap.tornado.kernel.SparseKernel;
import io.github.remocap.tornado.kernel.WeightGradientKernel;
import io.github.remocap.tornado.kernel.WinogradInputKernel;
import io.github.remocap.tornado.kernel.WinogradOutputKernel;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task4;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Kinds of tasks. A task does any number of jobs of its kind. */
public enum Kind {
    /** Chains of elementwise ops and copies. */
    ELEMENTWISE(ElementwiseKernel.THREADS),
    /** Matrix products. */
    PRODUCT(ProductKernel.THREADS),
    /** Matrix products by a library of the device: its jobs describe {@link Gemm calls}, and there is no kernel. */
    LIBRARY_PRODUCT(0),
    /** Patches of Winograd's convolution to frequencies. */
    WINOGRAD_INPUT(WinogradInputKernel.THREADS),
    /** Frequencies of Winograd's convolution to its output. */
    WINOGRAD_OUTPUT(WinogradOutputKernel.THREADS),
    /** Convolutions and their gradients to the input. */
    CONVOLUTION(ConvolutionKernel.THREADS),
    /** Gradients of convolutions to the weight. */
    WEIGHT_GRADIENT(WeightGradientKernel.THREADS),
    /** Sums, means, maxima. */
    REDUCE(ReduceKernel.THREADS),
    /** Means and variances. */
    MOMENTS(MomentsKernel.THREADS),
    /** Sums for gradients of normalisations. */
    GRADIENT_SUMS(GradientSumsKernel.THREADS),
    /** Softmax. */
    SOFTMAX(SoftmaxKernel.THREADS),
    /** Sparse products, gathers, scatters. */
    SPARSE(SparseKernel.THREADS),
    /** Attention. */
    ATTENTION(AttentionKernel.THREADS),
    /** Attention's gradient to queries. */
    QUERY_GRADIENT(QueryGradientKernel.THREADS),
    /** Attention's gradients to keys and values. */
    KEY_GRADIENT(KeyGradientKernel.THREADS);

    private final int threads;

    Kind(int threads) {
        this.threads = threads;
    }

    /** Threads of a work-group, 0 without a kernel. */
    public int threads() {
        return threads;
    }

    /** Whether a library does the work, and no kernel. */
    public boolean isLibrary() {
        return this == LIBRARY_PRODUCT;
    }

    /** What runs on the device. */
    public Task4<KernelContext, FloatArray, IntArray, Integer> kernel() {
        return switch (this) {
            case ELEMENTWISE -> ElementwiseKernel::run;
            case PRODUCT -> ProductKernel::run;
            case LIBRARY_PRODUCT -> throw new IllegalStateException("a library's");
            case WINOGRAD_INPUT -> WinogradInputKernel::run;
            case WINOGRAD_OUTPUT -> WinogradOutputKernel::run;
            case CONVOLUTION -> ConvolutionKernel::run;
            case WEIGHT_GRADIENT -> WeightGradientKernel::run;
            case REDUCE -> ReduceKernel::run;
            case MOMENTS -> MomentsKernel::run;
            case GRADIENT_SUMS -> GradientSumsKernel::run;
            case SOFTMAX -> SoftmaxKernel::run;
            case SPARSE -> SparseKernel::run;
            case ATTENTION -> AttentionKernel::run;
            case QUERY_GRADIENT -> QueryGradientKernel::run;
            case KEY_GRADIENT -> KeyGradientKernel::run;
        };
    }
}
