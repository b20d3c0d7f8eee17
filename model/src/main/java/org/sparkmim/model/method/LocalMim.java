package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.Layers;
import org.sparkmim.model.nn.Positions;

/**
 * LocalMIM on ViT (Wang et al., CVPR 2023): four depths of one encoder each reconstruct HOG at a
 * scale of their own, the lower ones fine cells, the upper ones coarse cells.
 *
 * <pre>
 * tap (of 12 blocks)   scale   cells at 224/16   head
 *  1                   4       56 x 56           upsample, norm, GELU, upsample, 1x1
 *  3                   2       28 x 28           upsample, 1x1
 *  9                   1       14 x 14           1x1
 * 11                   0.5      7 x 7            2x2 mean, 1x1
 * </pre>
 *
 * Each tap has its own layer norm, decoder, mask token and head. Attention in a decoder runs over
 * all tokens at patch resolution; rescaling follows. Losses are summed with weight 1.
 */
public final class LocalMim {
  private LocalMim() {}

  /** The training network for minibatches of {@code batch} images. */
  public static MimModel build(ModelSpec spec, int batch) {
    GraphBuilder graph = new GraphBuilder();
    int keep = spec.keep();
    Value patches = graph.input("patches", batch, keep, spec.patchWidth());
    Value visible = graph.index("visible", batch, keep);
    Value visibleAndCls = graph.index("visible_and_cls", batch, keep + 1);
    Value restoreIds = graph.index("restore_ids", batch, spec.tokens());
    Value decoderTable =
        graph.constant(
            "decoder_pos_embed",
            Positions.table(spec.grid(), spec.decoder().width()),
            1 + spec.tokens(),
            spec.decoder().width());
    Value decoderPositions = graph.gatherRows(decoderTable, visibleAndCls);
    List<Value> targets = new ArrayList<>();
    List<Value> weights = new ArrayList<>();
    List<Value> predictions = new ArrayList<>();
    VitEncoder.build(
        graph,
        spec,
        patches,
        visible,
        (block, stream) -> {
          int tap = spec.taps().indexOf(block);
          if (tap >= 0) {
            int cells = spec.cellGrid(tap) * spec.cellGrid(tap);
            Value target = graph.input("target/" + tap, batch, cells, spec.targetWidth());
            Value weight = graph.input("mask/" + tap, batch, cells);
            Value latent = new Layers(graph).layerNorm("norm." + tap, stream);
            graph.label("latent/" + tap, latent);
            Value prediction =
                decode(graph, spec, tap, latent, decoderTable, decoderPositions, restoreIds);
            graph.label("pred/" + tap, prediction);
            graph.label("loss/" + tap, graph.maskedMse(prediction, target, weight));
            targets.add(target);
            weights.add(weight);
            predictions.add(prediction);
          }
        });
    return new MimModel(
        graph.build(), patches, visible, visibleAndCls, restoreIds, targets, weights, predictions);
  }

  /** Tensors of a published checkpoint that are not trained. */
  public static List<FixedTensor> fixedTensors(ModelSpec spec) {
    List<FixedTensor> fixed = new ArrayList<>(VitEncoder.fixedTensors(spec));
    int width = spec.decoder().width();
    float[] sobel = {1, 0, -1, 2, 0, -2, 1, 0, -1, 1, 2, 1, 0, 0, 0, -1, -2, -1};
    for (int k = 0; k < spec.taps().size(); k++) {
      fixed.add(
          new FixedTensor(
              "decoder." + k + ".pos_embed",
              List.of(1, 1 + spec.tokens(), width),
              Positions.table(spec.grid(), width)));
      fixed.add(new FixedTensor("hog_enc." + k + ".conv.weight", List.of(2, 1, 3, 3), sobel));
    }
    return fixed;
  }

  private static Value decode(
      GraphBuilder graph,
      ModelSpec spec,
      int tap,
      Value latent,
      Value positions,
      Value visiblePositions,
      Value restoreIds) {
    String name = "decoder." + tap;
    ModelSpec.Decoder decoder = spec.decoder();
    Layers layers = new Layers(graph);
    Value embedded = layers.linear(name + ".embed", latent, decoder.width(), visiblePositions);
    Value maskToken =
        graph.parameter(name + ".mask_token", new Init.Normal(0.02), 1, 1, decoder.width());
    Value stream = graph.unshuffle(embedded, maskToken, positions, restoreIds);
    for (int i = 0; i < decoder.depth(); i++) {
      stream = layers.block(name + ".blocks." + i, stream, decoder.heads(), 4);
    }
    Value normed = layers.layerNorm(name + ".norm", stream);
    graph.label("decoder_norm/" + tap, normed);
    return head(graph, name + ".pred.", graph.dropFirstToken(normed), spec.scales().get(tap), spec);
  }

  /** The rescaling head; layer numbers are those of the published sequence. */
  private static Value head(
      GraphBuilder graph, String name, Value x, double scale, ModelSpec spec) {
    Layers layers = new Layers(graph);
    int grid = spec.grid();
    int out = spec.targetWidth();
    if (scale == 4) {
      Value twice = layers.upsample(name + 0, x, x.width() / 2, grid);
      Value active = graph.gelu(layers.layerNorm(name + 1, twice));
      Value fourTimes = layers.upsample(name + 3, active, x.width() / 4, 2 * grid);
      return layers.pointwise(name + 4, fourTimes, out);
    }
    if (scale == 2) {
      return layers.pointwise(name + 1, layers.upsample(name + 0, x, x.width() / 2, grid), out);
    }
    if (scale == 1) {
      return layers.pointwise(name + 0, x, out);
    }
    return layers.pointwise(name + 1, graph.avgPool2x(x, grid), out);
  }
}
