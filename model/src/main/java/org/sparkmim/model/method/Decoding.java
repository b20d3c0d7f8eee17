package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.Layers;

/**
 * Decoders on the full grid (MAE, section 3): visible tokens, narrowed and put back in their
 * places, mask tokens in the gaps, positions on all, transformer blocks, a norm, a head. Attention
 * runs at patch resolution; rescaling follows.
 */
final class Decoding {
  private final GraphBuilder graph;
  private final Layers layers;
  private final ModelSpec spec;
  private final Value visibleAndCls;
  private final Value restoreIds;
  private final Value table;
  private final Value visiblePositions;
  private final List<MimModel.Head> heads = new ArrayList<>();

  /** What every decoder of a network for {@code batch} images shares. */
  Decoding(GraphBuilder graph, ModelSpec spec, int batch) {
    this.graph = graph;
    this.spec = spec;
    layers = new Layers(graph);
    int width = spec.decoder().width();
    visibleAndCls = graph.index("visible_and_cls", batch, spec.keep() + 1);
    restoreIds = graph.index("restore_ids", batch, spec.tokens());
    table =
        graph.constant(
            "decoder_pos_embed", VitEncoder.positions(spec, width), 1 + spec.tokens(), width);
    visiblePositions = graph.gatherRows(table, visibleAndCls);
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
    Value normed = layers.layerNorm(names.norm(), blocks(latent, names, number));
    graph.label("decoder_norm/" + number, normed);
    double scale = spec.scales().get(number);
    ModelSpec.Output output = spec.outputs().get(number);
    Value prediction = head(names.head(), graph.dropFirstToken(normed), scale, output.width());
    graph.label("pred/" + number, prediction);
    int batch = latent.extent(0);
    Value target = graph.input("target/" + number, batch, output.rows(), output.width());
    Value weight = graph.input("mask/" + number, batch, output.rows());
    graph.label("loss/" + number, graph.maskedMse(prediction, target, weight));
    heads.add(new MimModel.Head(prediction, target, weight));
  }

  /** The network, when all heads are there. */
  MimModel model(Value patches, Value visible) {
    return new MimModel(
        graph.build(), new VitInputs(patches, visible, visibleAndCls, restoreIds), heads);
  }

  private Value blocks(Value latent, Names names, int number) {
    ModelSpec.Decoder decoder = spec.decoder();
    Value embedded = layers.linear(names.embed(), latent, decoder.width(), visiblePositions);
    Value maskToken =
        graph.parameter(names.maskToken(), new Init.Normal(0.02), 1, 1, decoder.width());
    Value stream = graph.unshuffle(embedded, maskToken, table, restoreIds);
    for (int i = 0; i < decoder.depth(); i++) {
      stream = layers.block(names.block() + i, stream, decoder.heads(), 4);
      if (number == 0) {
        graph.label("decoder_block/" + i, stream);
      }
    }
    return stream;
  }

  /**
   * The rescaling head. Where there are several layers their numbers are those of LocalMIM's
   * sequences; MAE's one layer has none.
   */
  private Value head(String name, Value x, double scale, int out) {
    int grid = spec.grid();
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
