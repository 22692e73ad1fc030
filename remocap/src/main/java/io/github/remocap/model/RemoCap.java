package io.github.remocap.model;

import io.github.remocap.layers.Context;
import io.github.remocap.layers.Conv2d;
import io.github.remocap.layers.Embedding;
import io.github.remocap.layers.Initializer;
import io.github.remocap.layers.Linear;
import io.github.remocap.layers.Module;
import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The network: from clips of images to cameras, joints and meshes. Parameter names are those of the released checkpoints.
 */
public final class RemoCap extends Module {
    /** The linear layer from the coarse to the intermediate mesh's vertices: weight {@code [intermediate,coarse]}, bias {@code [intermediate]}. */
    public static final String UPSAMPLING = "coarse2intermediate_upsample";
    /** Tokens of the joints: weight {@code [joints,D]}, D the first transformer's features. */
    public static final String JOINT_TOKENS = "joint_token_embed";
    /** Tokens of the coarse mesh's vertices: weight {@code [coarse,D]}. */
    public static final String VERTEX_TOKENS = "vertex_token_embed";

    private final Config config;
    private final Backbone backbone;
    private final Transformer transformer1;
    private final Transformer transformer2;
    private final Linear reduceCamera;
    private final Linear reduceImage;
    private final Linear reduceTokens;
    private final Embedding cameraToken;
    private final Embedding jointTokens;
    private final Embedding vertexTokens;
    private final Linear xyz;
    private final Linear camera;
    private final Conv2d conv;
    private final Linear upsample;
    private final @Nullable SmplRegressor regressor;

    /** The network of a configuration. */
    public RemoCap(Config config) {
        this(config, SpatialModule.SD);
    }

    /**
     * The network of a configuration with another module in place of SD, named {@code backbone.ema_1} as SD is.
     *
     * @throws IllegalArgumentException if the configuration has no place for it: {@code spatial} is off
     */
    public RemoCap(Config config, SpatialModule spatial) {
        if (!config.spatial() && spatial != SpatialModule.SD) {
            throw new IllegalArgumentException("model config: spatial is false, so there is no SD to replace");
        }
        this.config = config;
        int d1 = config.modelDims().get(0);
        int d2 = config.modelDims().get(1);
        backbone = add("backbone", new Backbone(config, spatial));
        transformer1 = add("transformer_1", new Transformer(d1, config.heads(), config.ffDims().get(0), config.layers(), config.dropout()));
        transformer2 = add("transformer_2", new Transformer(d2, config.heads(), config.ffDims().get(1), config.layers(), config.dropout()));
        reduceCamera = add("dim_reduce_enc_cam", new Linear(d1, d2));
        reduceImage = add("dim_reduce_enc_img", new Linear(d1, d2));
        reduceTokens = add("dim_reduce_dec", new Linear(d1, d2));
        cameraToken = add("cam_token_embed", new Embedding(1, d1));
        jointTokens = add(JOINT_TOKENS, new Embedding(config.joints(), d1));
        vertexTokens = add(VERTEX_TOKENS, new Embedding(config.coarse(), d1));
        xyz = add("xyz_regressor", new Linear(d2, 3));
        camera = add("cam_predictor", new Linear(d2, 3));
        conv = add("conv_1x1", new Conv2d(config.features(), d1, 1, 1, true, Initializer.uniform(1 / Math.sqrt(config.features()))));
        upsample = add(UPSAMPLING, new Linear(config.coarse(), config.intermediate()));
        regressor = config.smplRegressor() ? add("smpl_parameter_regressor", new SmplRegressor(config.intermediate())) : null;
    }

    /** Sizes of this network. */
    public Config config() {
        return config;
    }

    /**
     * Builds the network.
     *
     * @param images {@code [B*S,H,W,3]}, ImageNet-normalised, S frames of a clip after one another; H and W are multiples of 32
     * @param mesh topology of the model's sizes
     * @return by the names of the golden files: {@code features} {@code [B*S,H/32,W/32,features]} (channels last), {@code pred_cam}
     *     {@code [B*S,3]} (scale, tx, ty of a weak-perspective camera on the crop), {@code pred_3d_joints} {@code [B*S,joints,3]},
     *     {@code pred_3d_vertices_coarse}, {@code _intermediate}, {@code _fine} {@code [B*S,V,3]} in metres, and with the regressor
     *     {@code pred_rotmat} {@code [B*S,24,3,3]} and {@code pred_betas} {@code [B*S,10]}
     * @throws IllegalArgumentException if the number of images is no multiple of the clip's or the size no multiple of 32
     */
    public Map<String, Tensor> call(Context context, Tensor images, Mesh mesh) {
        mesh.check(config);
        Shape in = images.shape();
        if (in.rank() != 4 || in.dim(3) != 3 || in.dim(1) % 32 != 0 || in.dim(2) % 32 != 0 || in.dim(0) == 0) {
            throw new IllegalArgumentException("images must be [N,H,W,3] with H and W multiples of 32, not " + in);
        }
        if (config.motion() && in.dim(0) % config.frames() != 0) {
            throw new IllegalArgumentException(in.dim(0) + " images are no whole number of clips of " + config.frames() + " frames");
        }
        Graph graph = context.graph();
        int n = in.dim(0);
        int d1 = config.modelDims().get(0);
        AttentionMask mask = mesh.mask(config.joints());
        Tensor features = backbone.call(context, images);
        int h = features.dim(1);
        int w = features.dim(2);
        Tensor image = conv.call(context, features).reshape(n, h * w, d1);
        Tensor cam = cameraToken.table(context).reshape(1, 1, d1).broadcast(Shape.of(n, 1, d1));
        // One set of tokens for all images until they first see one; with dropout each image needs its own from the start.
        Tensor tokens = graph.concat(0, jointTokens.table(context), vertexTokens.table(context)).reshape(1, config.joints() + config.coarse(), d1);
        if (context.drops(config.dropout())) {
            tokens = tokens.broadcast(Shape.of(n, tokens.dim(1), d1));
        }
        Transformer.Output first = transformer1.call(context, image, h, w, cam, tokens, mask);
        Transformer.Output second = transformer2.call(context, reduceImage.call(context, first.memory()), h, w,
            reduceCamera.call(context, first.camera()), reduceTokens.call(context, first.tokens()), mask);
        Tensor points = xyz.call(context, second.tokens());
        Tensor coarse = points.slice(1, config.joints(), config.coarse());
        Tensor intermediate = upsample.call(context, coarse.permute(0, 2, 1)).permute(0, 2, 1);
        Map<String, Tensor> out = new LinkedHashMap<>();
        out.put("features", features);
        out.put("pred_cam", camera.call(context, second.camera()).reshape(n, 3));
        out.put("pred_3d_joints", points.slice(1, 0, config.joints()));
        out.put("pred_3d_vertices_coarse", coarse);
        out.put("pred_3d_vertices_intermediate", intermediate);
        out.put("pred_3d_vertices_fine", graph.apply(new Op.SparseMatMul(mesh.upsample()), intermediate));
        SmplRegressor smpl = regressor;
        if (smpl != null) {
            // As in the reference, the mesh learns nothing from the regressor.
            SmplRegressor.Output parameters = smpl.call(context, intermediate.detach());
            out.put("pred_rotmat", parameters.rotations());
            out.put("pred_betas", parameters.betas());
        }
        return out;
    }
}
