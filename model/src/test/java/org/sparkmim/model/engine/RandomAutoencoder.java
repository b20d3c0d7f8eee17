package org.sparkmim.model.engine;

import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;

/**
 * A masked autoencoder with a loss at a finer and one at a coarser grid, as LocalMIM has them.
 *
 * @param grid tokens on a side, even
 * @param kept visible tokens
 * @param heads a divisor of both widths
 */
public record RandomAutoencoder(
    int batch, int grid, int kept, int patch, int width, int decoderWidth, int heads, int bins) {
  /** Large, so that rows of nearly equal numbers do not magnify rounding without bound. */
  static final double EPS = 0.1;

  /** Adds the autoencoder to a network. */
  public void write(RandomNetwork n) {
    GraphBuilder b = n.builder();
    int tokens = grid * grid;
    Value positions = b.gatherRows(n.constant(tokens, width), n.choices(tokens, batch, kept));
    Value embedded =
        b.linear(
            n.input(batch, kept, patch), n.parameter(width, patch), n.parameter(width), positions);
    Value x = block(n, b.prependToken(embedded, n.parameter(1, 1, width)));
    b.label("block/0", x);
    Value restore = n.permutations(batch, tokens);
    Value fine = upsample(n, decode(n, layerNorm(n, x), restore));
    n.loss(linear(n, b.gelu(layerNorm(n, fine)), bins));
    Value deep = decode(n, layerNorm(n, block(n, x)), restore);
    n.loss(linear(n, b.avgPool2x(deep, grid), bins));
  }

  private Value upsample(RandomNetwork n, Value x) {
    int outs = decoderWidth / 2;
    return n.builder()
        .convTranspose2x(x, n.parameter(decoderWidth, outs, 2, 2), n.parameter(outs), grid);
  }

  private Value decode(RandomNetwork n, Value latent, Value restore) {
    Value embedded = linear(n, latent, decoderWidth);
    Value positions = n.constant(restore.extent(1) + 1, decoderWidth);
    Value full =
        n.builder().unshuffle(embedded, n.parameter(1, 1, decoderWidth), positions, restore);
    return n.builder().dropTokens(layerNorm(n, block(n, full)), 1);
  }

  private Value block(RandomNetwork n, Value x) {
    Value qkv = linear(n, layerNorm(n, x), 3 * x.width());
    Value attended = linear(n, n.builder().attention(qkv, heads), x);
    Value hidden = n.builder().gelu(linear(n, layerNorm(n, attended), 2 * x.width()));
    return linear(n, hidden, attended);
  }

  /** A linear layer with parameters of its own. */
  static Value linear(RandomNetwork n, Value x, int outs) {
    return n.builder().linear(x, n.parameter(outs, x.width()), n.parameter(outs));
  }

  /** A linear layer with parameters of its own, added to a residual. */
  static Value linear(RandomNetwork n, Value x, Value residual) {
    int outs = residual.width();
    return n.builder().linear(x, n.parameter(outs, x.width()), n.parameter(outs), residual);
  }

  /** A layer norm with parameters of its own. */
  static Value layerNorm(RandomNetwork n, Value x) {
    return n.builder().layerNorm(x, n.parameter(x.width()), n.parameter(x.width()), EPS);
  }
}
