package org.sparkmim.model.method;

import java.util.List;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.Layers;
import org.sparkmim.model.nn.ParameterLayout;

/**
 * The fine-tuned classifier of MAE, LocalMIM, MFF and MaskAlign (methods 1.8): the ViT on all
 * patches with trained positions, mean of the patch tokens, a norm of its own, a linear head,
 * cross-entropy with soft targets.
 *
 * @param patches all patches in raster order {@code [B, L, 3*P*P]}
 * @param targets shares of the classes {@code [B, classes]}
 * @param logits {@code [B, classes]}
 */
public record ClassifierModel(Graph graph, Value patches, Value targets, Value logits) {
  /** Deviation of the head's first weights. */
  private static final double HEAD_DEVIATION = 2e-5;

  /** Tensors that weight decay spares beside vectors and biases: timm's no_weight_decay(). */
  private static final List<String> UNDECAYED = List.of("pos_embed", "cls_token");

  /** The training network for minibatches of {@code batch} images. */
  public static ClassifierModel build(ClassifierSpec spec, int batch) {
    GraphBuilder graph = new GraphBuilder();
    Layers layers = new Layers(graph);
    VitShape shape = spec.encoder();
    int width = shape.width();
    Value patches = graph.input("patches", batch, spec.tokens(), spec.patchWidth());
    // Pre-training brings its own table; alone, positions start as timm's do.
    Value positions =
        graph.parameter("pos_embed", new Init.TruncatedNormal(0.02), 1, 1 + spec.tokens(), width);
    Value tokens = graph.addPositions(VitEncoder.embed(graph, shape, patches, null), positions);
    Value last = VitEncoder.blocks(graph, shape, tokens, (block, stream) -> {});
    Value pooled = graph.label("pooled", graph.tokenMean(graph.dropTokens(last, 1)));
    Value latent = graph.label("latent/0", layers.layerNorm("fc_norm", pooled));
    Value weight =
        graph.parameter(
            "head.weight", new Init.TruncatedNormal(HEAD_DEVIATION), spec.classes(), width);
    Value bias = graph.parameter("head.bias", new Init.Constant(0), spec.classes());
    Value logits = graph.label("logits", graph.linear(latent, weight, bias));
    Value targets = graph.input("targets", batch, spec.classes());
    graph.label("loss", graph.crossEntropy(logits, targets));
    return new ClassifierModel(graph.build(), patches, targets, logits);
  }

  /** The layout of such a network's parameters, or of others with these names. */
  public static ParameterLayout layout(Graph graph) {
    return ParameterLayout.of(graph, UNDECAYED);
  }
}
