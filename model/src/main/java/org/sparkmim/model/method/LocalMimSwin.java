package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.Layers;
import org.sparkmim.model.nn.Positions;

/**
 * LocalMIM on Swin (Wang et al., CVPR 2023): every stage, after merging, reconstructs a target at
 * the scale of its own tokens.
 *
 * <pre>
 * tap   grid at 224   cell    decoder width
 *  0    28 x 28        8 px   half
 *  1    14 x 14       16 px   full
 *  2     7 x 7        32 px   full
 *  3     7 x 7        32 px   full
 * </pre>
 *
 * Each tap has its own layer norm, decoder, mask token and linear head; there is no class token.
 * All images of a minibatch hide the same units. Losses are summed with weight 1.
 */
public final class LocalMimSwin {
  /** Fragments of names of tensors that weight decay spares, beside vectors and biases. */
  public static final List<String> UNDECAYED = List.of("position_bias", "token");

  private LocalMimSwin() {}

  /** Its parts as published (methods 2.11). */
  static Published published(SwinGrid grid) {
    return new Published(
        taps(grid),
        scales(grid),
        List.of(),
        new ModelSpec.Decoder(128, 1, 4),
        MaskSpec.Strategy.UNITS,
        0.75,
        TargetSpec.Kind.HOG);
  }

  /** A tap for each stage. */
  static List<Integer> taps(SwinGrid grid) {
    return IntStream.range(0, grid.shape().stages()).boxed().toList();
  }

  /** Cells per patch side: a cell for each token of the tap. */
  static List<Double> scales(SwinGrid grid) {
    return taps(grid).stream()
        .map(tap -> grid.shape().patchSize() / (double) grid.tapCell(tap))
        .toList();
  }

  /**
   * The training network.
   *
   * @param visible visible units
   * @param decoder of all taps; the first one is half as wide
   * @param targetWidths numbers in a target, for each tap
   * @param batch images in a minibatch
   */
  public static SwinModel build(
      SwinGrid grid,
      int visible,
      ModelSpec.Decoder decoder,
      List<Integer> targetWidths,
      int batch) {
    GraphBuilder graph = new GraphBuilder();
    int patches = visible * grid.unitTokens(0);
    Value input = graph.input("patches", batch, patches, grid.patchWidth());
    List<Value> restoreIds = new ArrayList<>();
    List<MimModel.Head> heads = new ArrayList<>();
    Value[] last = new Value[1];
    List<SwinModel.Windows> windows =
        SwinEncoder.build(
            graph,
            grid,
            visible,
            input,
            (tap, stream) -> {
              Value latent = SwinEncoder.norm(graph, tap, stream);
              graph.label("latent/" + tap, latent);
              int side = grid.side(grid.tapStage(tap));
              Value ids = graph.index("restore_ids/" + tap, side * side);
              restoreIds.add(ids);
              heads.add(head(graph, tap, latent, side, ids, decoder, targetWidths.get(tap)));
              last[0] = latent;
            });
    return new SwinModel(
        graph.build(), input, new SwinModel.Indices(windows, restoreIds), heads, last[0]);
  }

  private static MimModel.Head head(
      GraphBuilder graph,
      int tap,
      Value latent,
      int side,
      Value restoreIds,
      ModelSpec.Decoder decoder,
      int targetWidth) {
    Layers layers = new Layers(graph);
    String name = "decoder." + tap;
    int width = width(decoder, tap);
    int places = side * side;
    Value positions = graph.constant(name + ".pos_embed", positions(side, width), places, width);
    Value maskToken = graph.parameter(name + ".mask_token", new Init.Normal(0.02), 1, 1, width);
    Value embedded = layers.linear(name + ".embed", latent, width);
    Value stream = graph.restoreTokens(embedded, maskToken, positions, restoreIds);
    for (int i = 0; i < decoder.depth(); i++) {
      stream = layers.block(name + ".blocks." + i, stream, decoder.heads(), 4);
    }
    Value normed = layers.layerNorm(name + ".norm", stream);
    Value prediction = layers.linear(name + ".pred", normed, targetWidth);
    graph.label("pred/" + tap, prediction);
    int batch = latent.extent(0);
    Value target = graph.input("target/" + tap, batch, places, targetWidth);
    Value weight = graph.input("mask/" + tap, batch, places);
    graph.label("loss/" + tap, graph.maskedMse(prediction, target, weight));
    return new MimModel.Head(prediction, target, weight);
  }

  /** Tensors of a published checkpoint that are not trained, but for those of the targets. */
  public static List<FixedTensor> fixedTensors(SwinGrid grid, ModelSpec.Decoder decoder) {
    List<FixedTensor> fixed = new ArrayList<>();
    for (int tap = 0; tap < grid.shape().stages(); tap++) {
      int side = grid.side(grid.tapStage(tap));
      int width = width(decoder, tap);
      fixed.add(
          new FixedTensor(
              "decoder." + tap + ".pos_embed",
              List.of(1, side * side, width),
              positions(side, width)));
    }
    return fixed;
  }

  private static int width(ModelSpec.Decoder decoder, int tap) {
    return tap == 0 ? decoder.width() / 2 : decoder.width();
  }

  /** Positions without the row of a class token. */
  private static float[] positions(int side, int width) {
    float[] withCls = Positions.table(side, width, Positions.Order.COLUMN_FIRST);
    return Arrays.copyOfRange(withCls, width, withCls.length);
  }
}
