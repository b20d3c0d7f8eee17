package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.Layers;

/**
 * Swin on the visible tokens (Liu et al., ICCV 2021; GreenMIM): patch embedding with a norm, stages
 * of blocks whose attention keeps to windows, shifted in every other block, and between stages four
 * neighbours merged into one token of twice the width. No positions but the windows' bias tables.
 * Visible units are whole, so that neighbours are merged within units.
 */
final class SwinEncoder {
  private static final String NAME = "encoder.";

  private final GraphBuilder graph;
  private final Layers layers;
  private final SwinGrid grid;
  private final int units;
  private final List<SwinModel.Windows> windows = new ArrayList<>();

  private SwinEncoder(GraphBuilder graph, SwinGrid grid, int units) {
    this.graph = graph;
    this.grid = grid;
    this.units = units;
    layers = new Layers(graph);
  }

  /**
   * Writes the encoder into a graph.
   *
   * @param units visible units
   * @param patches {@code [B, K, 3*P*P]}, unit by unit, each patch as (channel, row, column)
   * @param onStage is told the number and the tokens of every stage, after merging
   * @return the indices that its windows need
   */
  static List<SwinModel.Windows> build(
      GraphBuilder graph,
      SwinGrid grid,
      int units,
      Value patches,
      BiConsumer<Integer, Value> onStage) {
    SwinEncoder encoder = new SwinEncoder(graph, grid, units);
    encoder.stages(patches, onStage);
    return encoder.windows;
  }

  /** The norm that belongs to a stage, which later stages do not see. */
  static Value norm(GraphBuilder graph, int stage, Value stream) {
    return new Layers(graph).layerNorm(NAME + "norm." + stage, stream);
  }

  private void stages(Value patches, BiConsumer<Integer, Value> onStage) {
    SwinIndices indices = new SwinIndices(grid, units);
    int last = grid.shape().stages() - 1;
    Value stream = embed(patches);
    for (int stage = 0; stage <= last; stage++) {
      List<SwinModel.Windows> ofStage = new ArrayList<>();
      for (WindowGroups groups : indices.windows(stage)) {
        ofStage.add(windows(stage, !ofStage.isEmpty(), groups));
      }
      windows.addAll(ofStage);
      for (int block = 0; block < grid.shape().depths().get(stage); block++) {
        stream = block(stream, stage, block, ofStage.get(block % ofStage.size()));
        graph.label("block/" + stage + "." + block, stream);
      }
      if (stage < last) {
        stream = merge(stream, stage);
      }
      onStage.accept(stage, stream);
    }
  }

  private Value embed(Value patches) {
    int width = grid.shape().width();
    int patch = grid.shape().patchSize();
    Value weight =
        graph.parameter(
            NAME + "patch_embed.proj.weight",
            new Init.Xavier(grid.patchWidth(), width),
            width,
            ModelSpec.CHANNELS,
            patch,
            patch);
    Value bias =
        graph.parameter(
            NAME + "patch_embed.proj.bias",
            new Init.Uniform(1 / Math.sqrt(grid.patchWidth())),
            width);
    return layers.layerNorm(NAME + "patch_embed.norm", graph.linear(patches, weight, bias));
  }

  private SwinModel.Windows windows(int stage, boolean shifted, WindowGroups groups) {
    String name = stage + (shifted ? "/shifted" : "");
    int capacity = groups.capacity();
    Value slots = groups.isWhole() ? null : graph.index("slots/" + name, groups.groups(), capacity);
    Value pairs = graph.index("pairs/" + name, groups.groups(), capacity, capacity);
    return new SwinModel.Windows(stage, shifted, slots, pairs);
  }

  private Value block(Value x, int stage, int block, SwinModel.Windows windows) {
    int heads = grid.shape().heads().get(stage);
    String name = NAME + "layers." + stage + ".blocks." + block;
    // The published start is truncated a hundred deviations away: not at all.
    Value table =
        graph.parameter(
            name + ".attn.relative_position_bias_table",
            new Init.Normal(0.02),
            grid.tableRows(stage),
            heads);
    return layers.block(
        name,
        x,
        grid.shape().mlpRatio(),
        qkv -> graph.windowAttention(qkv, table, windows.slots(), windows.pairs(), heads));
  }

  private Value merge(Value x, int stage) {
    String name = NAME + "layers." + stage + ".downsample.";
    int batch = x.extent(0);
    int half = grid.unitSide(stage) / 2;
    boolean standard = grid.shape().mergeOrder() == SwinShape.MergeOrder.STANDARD;
    // Dimensions: pairs of rows in units, row of a pair, pairs of columns, column of a pair.
    Value neighbours =
        graph.permute(
            x,
            List.of(batch * units * half, 2, half, 2, x.width()),
            standard ? List.of(0, 2, 3, 1, 4) : List.of(0, 2, 1, 3, 4),
            batch,
            x.extent(1) / 4,
            4 * x.width());
    return layers.projection(
        name + "reduction", layers.layerNorm(name + "norm", neighbours), 2 * x.width());
  }
}
