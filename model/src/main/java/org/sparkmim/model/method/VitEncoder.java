package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.Layers;
import org.sparkmim.model.nn.Positions;

/** The ViT of MAE on a subset of the patches: cls first, no final norm. */
final class VitEncoder {
  private VitEncoder() {}

  /**
   * Writes the encoder into a graph.
   *
   * @param patches {@code [B, K, 3*P*P]}, each patch as (channel, row, column)
   * @param visible {@code [B, K]}, rows of the position table
   * @param onBlock is told the index and output {@code [B, K+1, D]} of every block
   */
  static void build(
      GraphBuilder graph,
      ModelSpec spec,
      Value patches,
      Value visible,
      BiConsumer<Integer, Value> onBlock) {
    Layers layers = new Layers(graph);
    VitShape shape = spec.encoder();
    int width = shape.width();
    int patch = shape.patchSize();
    Value table = graph.constant("pos_embed", positions(spec, width), 1 + spec.tokens(), width);
    Value weight =
        graph.parameter(
            "patch_embed.proj.weight",
            new Init.Xavier(spec.patchWidth(), width),
            width,
            ModelSpec.CHANNELS,
            patch,
            patch);
    Value bias =
        graph.parameter(
            "patch_embed.proj.bias", new Init.Uniform(1 / Math.sqrt(spec.patchWidth())), width);
    Value cls = graph.parameter("cls_token", new Init.Normal(0.02), 1, 1, width);
    Value embedded = graph.linear(patches, weight, bias, graph.gatherRows(table, visible));
    Value stream = graph.prependToken(embedded, cls);
    for (int i = 0; i < shape.depth(); i++) {
      stream = layers.block("blocks." + i, stream, shape.heads(), shape.mlpRatio());
      graph.label("block/" + i, stream);
      onBlock.accept(i, stream);
    }
  }

  /** The position table of a method, for encoder or decoder. */
  static float[] positions(ModelSpec spec, int width) {
    return Positions.table(spec.grid(), width, spec.method().positions());
  }

  /** A position table as published checkpoints hold it. */
  static FixedTensor fixedPositions(String name, ModelSpec spec, int width) {
    return new FixedTensor(name, List.of(1, 1 + spec.tokens(), width), positions(spec, width));
  }

  /** The encoder's tensors that nobody trains, and then the others. */
  static List<FixedTensor> fixedTensors(ModelSpec spec, List<FixedTensor> others) {
    List<FixedTensor> all = new ArrayList<>();
    all.add(fixedPositions("pos_embed", spec, spec.width()));
    all.addAll(others);
    return all;
  }
}
