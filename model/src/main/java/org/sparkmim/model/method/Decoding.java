package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.Layers;

/**
 * Decoders on the full grid (MAE, section 3): visible tokens, narrowed and put back in their
 * places, mask tokens in the gaps, positions on all, transformer blocks, a norm, a head. Attention
 * runs at patch resolution; rescaling follows.
 *
 * <p>Where only hidden patches are predicted, what cannot reach a loss is not computed: the last
 * block asks for hidden tokens alone. And what is alike in all images is computed once: at the
 * first block hidden tokens differ by place only. The order of tokens is cls, visible, hidden then.
 */
final class Decoding {
  private static final double MLP_RATIO = 4;

  private final GraphBuilder graph;
  private final Layers layers;
  private final ModelSpec spec;
  private final Predicted predicted;
  private final int batch;
  private final int hidden;
  private final Value visibleAndCls;
  private final Value table;
  private final Value visiblePositions;
  private final Value restoreIds;
  private final Value hiddenIds;
  private final Value hiddenPositions;
  private final List<DecoderInputs.Rows> rows = new ArrayList<>();
  private final List<MimModel.Head> heads = new ArrayList<>();

  /** What every decoder of a network for {@code batch} images shares. */
  Decoding(GraphBuilder graph, ModelSpec spec, int batch, Predicted predicted) {
    this.graph = graph;
    this.spec = spec;
    this.batch = batch;
    this.predicted = predicted;
    layers = new Layers(graph);
    hidden = spec.tokens() - spec.keep();
    int width = spec.decoder().width();
    float[] positions = VitEncoder.positions(spec, width);
    visibleAndCls = graph.index("visible_and_cls", batch, spec.keep() + 1);
    table = graph.constant("decoder_pos_embed", positions, 1 + spec.tokens(), width);
    visiblePositions = graph.gatherRows(table, visibleAndCls);
    boolean some = spec.scales().stream().anyMatch(this::hiddenOnly);
    boolean all = spec.scales().stream().allMatch(this::hiddenOnly);
    float[] places = Arrays.copyOfRange(positions, width, positions.length);
    hiddenPositions =
        some ? graph.constant("hidden_pos_embed", places, spec.tokens(), 1, width) : null;
    hiddenIds = some ? graph.index("hidden_ids", batch, hidden) : null;
    restoreIds = all ? null : graph.index("restore_ids", batch, spec.tokens());
  }

  /** Below scale 1 cells hold several patches, some of which may be visible. */
  private boolean hiddenOnly(double scale) {
    // Attention by one token is what GraphBuilder refuses.
    return predicted == Predicted.HIDDEN && scale >= 1 && hidden > 1;
  }

  /**
   * Names of a decoder's parameters, which differ from method to method.
   *
   * @param embed narrowing layer
   * @param maskToken token of hidden patches
   * @param block start of the names of the i-th block, before the number
   * @param norm last norm
   * @param head start of the names of the head
   */
  record Names(String embed, String maskToken, String block, String norm, String head) {}

  /**
   * Writes a decoder and its loss.
   *
   * @param latent {@code [B, K+1, D]}
   * @param number of the head
   */
  void add(Value latent, int number, Names names) {
    graph.label("latent/" + number, latent);
    double scale = spec.scales().get(number);
    ModelSpec.Output output = spec.outputs().get(number);
    Value target = graph.input("target/" + number, batch, output.rows(), output.width());
    Value weight = graph.input("mask/" + number, batch, output.rows());
    Value embedded = layers.linear(names.embed(), latent, width(), visiblePositions);
    Value maskToken = graph.parameter(names.maskToken(), new Init.Normal(0.02), 1, 1, width());
    Value prediction;
    Value loss;
    if (hiddenOnly(scale)) {
      Value decoded = layers.layerNorm(names.norm(), hiddenTokens(embedded, maskToken, names));
      prediction = head(names.head(), decoded, 1, scale, output.width());
      Value cells = graph.index("rows/" + number, batch, prediction.extent(1));
      rows.add(new DecoderInputs.Rows((int) scale, cells));
      loss = graph.maskedMse(prediction, target, weight, cells);
    } else {
      Value decoded = layers.layerNorm(names.norm(), allTokens(embedded, maskToken, names, number));
      graph.label("decoder_norm/" + number, decoded);
      Value patches = graph.dropTokens(decoded, 1);
      prediction = head(names.head(), patches, spec.grid(), scale, output.width());
      loss = graph.maskedMse(prediction, target, weight);
    }
    graph.label("pred/" + number, prediction);
    graph.label("loss/" + number, loss);
    heads.add(new MimModel.Head(prediction, target, weight));
  }

  /** The network, when all heads are there. */
  MimModel model(Value patches, Value visible) {
    DecoderInputs inputs =
        new DecoderInputs(visibleAndCls, restoreIds, hiddenIds, spec.grid(), rows);
    return new MimModel(graph.build(), new VitInputs(patches, visible, inputs), heads);
  }

  /** Blocks on cls and all tokens in the order of the grid, {@code [B, 1+L, D]}. */
  private Value allTokens(Value embedded, Value maskToken, Names names, int number) {
    Value stream = graph.unshuffle(embedded, maskToken, table, restoreIds);
    for (int i = 0; i < spec.decoder().depth(); i++) {
      stream = layers.block(names.block() + i, stream, spec.decoder().heads(), MLP_RATIO);
      if (number == 0) {
        graph.label("decoder_block/" + i, stream);
      }
    }
    return stream;
  }

  /** Blocks whose result is only that of hidden tokens, {@code [B, L-K, D]}. */
  private Value hiddenTokens(Value embedded, Value maskToken, Names names) {
    int decoderHeads = spec.decoder().heads();
    int last = spec.decoder().depth() - 1;
    Value places = graph.addPositions(hiddenPositions, maskToken);
    Layers.BlockParameters first = parameters(names, 0);
    Value packed =
        graph.gatherRows(layers.packed(first, embedded), layers.packed(first, places), hiddenIds);
    if (last == 0) {
      Value attended = graph.attention(packed, decoderHeads, hidden);
      return layers.afterAttention(first, attended, graph.gatherRows(places, hiddenIds));
    }
    Value attendedByAll = graph.attention(packed, decoderHeads);
    Value all = graph.gatherRows(embedded, places, hiddenIds);
    Value stream = layers.afterAttention(first, attendedByAll, all);
    for (int i = 1; i < last; i++) {
      stream = layers.block(names.block() + i, stream, decoderHeads, MLP_RATIO);
    }
    Layers.BlockParameters top = parameters(names, last);
    Value attended = graph.attention(layers.packed(top, stream), decoderHeads, hidden);
    return layers.afterAttention(top, attended, graph.dropTokens(stream, 1 + spec.keep()));
  }

  private Layers.BlockParameters parameters(Names names, int block) {
    return layers.blockParameters(names.block() + block, width(), MLP_RATIO);
  }

  private int width() {
    return spec.decoder().width();
  }

  /**
   * The rescaling head on grids of a side. Where there are several layers their numbers are those
   * of LocalMIM's sequences; MAE's one layer has none.
   */
  private Value head(String name, Value x, int grid, double scale, int out) {
    if (spec.method() != Method.LOCALMIM && scale == 1) {
      return layers.linear(name, x, out);
    }
    if (scale == 4) {
      Value twice = layers.upsample(name + ".0", x, x.width() / 2, grid);
      Value active = graph.gelu(layers.layerNorm(name + ".1", twice));
      Value fourTimes = layers.upsample(name + ".3", active, x.width() / 4, 2 * grid);
      return layers.pointwise(name + ".4", fourTimes, out);
    }
    if (scale == 2) {
      return layers.pointwise(
          name + ".1", layers.upsample(name + ".0", x, x.width() / 2, grid), out);
    }
    if (scale == 1) {
      return layers.pointwise(name + ".0", x, out);
    }
    return layers.pointwise(name + ".1", graph.avgPool2x(x, grid), out);
  }
}
