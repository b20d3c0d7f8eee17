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
  /** Input {@code [2 * depth, B]} of networks with {@link ModelSpec#dropPath}. */
  static final String BRANCH_SCALE = "branch_scale";

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
    Value scale =
        spec.dropPath() == 0
            ? null
            : graph.input(BRANCH_SCALE, 2 * spec.vit().depth(), patches.extent(0));
    build(graph, spec, positions(spec, spec.width()), patches, visible, scale, onBlock);
  }

  /** For use: with a position table of its own {@code [1+L, D]}, and with all branches. */
  static void build(
      GraphBuilder graph,
      ModelSpec spec,
      float[] positions,
      Value patches,
      Value visible,
      BiConsumer<Integer, Value> onBlock) {
    build(graph, spec, positions, patches, visible, null, onBlock);
  }

  private static void build(
      GraphBuilder graph,
      ModelSpec spec,
      float[] positions,
      Value patches,
      Value visible,
      Value scale,
      BiConsumer<Integer, Value> onBlock) {
    Value table = graph.constant("pos_embed", positions, 1 + spec.tokens(), spec.width());
    Value stream = embed(graph, spec.vit(), patches, graph.gatherRows(table, visible));
    blocks(graph, spec.vit(), stream, scale, onBlock);
  }

  /**
   * Patches as tokens, cls first {@code [B, K+1, D]}.
   *
   * @param positions added to the patches {@code [B, K, D]}, or null
   */
  static Value embed(GraphBuilder graph, VitShape shape, Value patches, Value positions) {
    int width = shape.width();
    int patch = shape.patchSize();
    Value weight =
        graph.parameter(
            "patch_embed.proj.weight",
            new Init.Xavier(patches.width(), width),
            width,
            ModelSpec.CHANNELS,
            patch,
            patch);
    Value bias =
        graph.parameter(
            "patch_embed.proj.bias", new Init.Uniform(1 / Math.sqrt(patches.width())), width);
    Value cls = graph.parameter("cls_token", new Init.Normal(0.02), 1, 1, width);
    return graph.prependToken(graph.linear(patches, weight, bias, positions), cls);
  }

  /** The residual stream after all blocks. */
  static Value blocks(
      GraphBuilder graph, VitShape shape, Value stream, BiConsumer<Integer, Value> onBlock) {
    return blocks(graph, shape, stream, null, onBlock);
  }

  private static Value blocks(
      GraphBuilder graph,
      VitShape shape,
      Value stream,
      Value scale,
      BiConsumer<Integer, Value> onBlock) {
    Layers layers = new Layers(graph);
    for (int i = 0; i < shape.depth(); i++) {
      stream =
          layers.block(
              "blocks." + i,
              stream,
              shape.heads(),
              shape.mlpRatio(),
              new Layers.Branches(scale, i));
      graph.label("block/" + i, stream);
      onBlock.accept(i, stream);
    }
    return stream;
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
