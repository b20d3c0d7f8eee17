package org.sparkmim.model.nn;

import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;

/** Layers under the parameter names of timm and MAE. */
public final class Layers {
  /** Epsilon of every layer norm in MAE and LocalMIM. */
  public static final double LAYER_NORM_EPS = 1e-6;

  private final GraphBuilder graph;

  public Layers(GraphBuilder graph) {
    this.graph = graph;
  }

  /** Fully connected: Xavier weight {@code [out, in]}, zero bias. */
  public Value linear(String name, Value x, int out) {
    return linear(name, x, out, null);
  }

  /** Fully connected with a residual added to the result. */
  public Value linear(String name, Value x, int out, Value residual) {
    Value weight =
        graph.parameter(name + ".weight", new Init.Xavier(x.width(), out), out, x.width());
    Value bias = graph.parameter(name + ".bias", new Init.Constant(0), out);
    return graph.linear(x, weight, bias, residual);
  }

  /** Layer norm over the width with scale 1 and shift 0 at the start. */
  public Value layerNorm(String name, Value x) {
    Value gamma = graph.parameter(name + ".weight", new Init.Constant(1), x.width());
    Value beta = graph.parameter(name + ".bias", new Init.Constant(0), x.width());
    return graph.layerNorm(x, gamma, beta, LAYER_NORM_EPS);
  }

  /** 1x1 convolution, channels last, with the framework's default start. */
  public Value pointwise(String name, Value x, int out) {
    Init init = new Init.Uniform(1 / Math.sqrt(x.width()));
    Value weight = graph.parameter(name + ".weight", init, out, x.width(), 1, 1);
    Value bias = graph.parameter(name + ".bias", init, out);
    return graph.linear(x, weight, bias);
  }

  /**
   * Transposed 2x2 convolution with stride 2; the framework's default start counts the output
   * channels.
   */
  public Value upsample(String name, Value x, int out, int grid) {
    Init init = new Init.Uniform(1 / Math.sqrt(out * 4.0));
    Value weight = graph.parameter(name + ".weight", init, x.width(), out, 2, 2);
    Value bias = graph.parameter(name + ".bias", init, out);
    return graph.convTranspose2x(x, weight, bias, grid);
  }

  /** Pre-norm transformer block: attention, then an MLP with GELU, each with a residual. */
  public Value block(String name, Value x, int heads, double mlpRatio) {
    int width = x.width();
    Value normed = layerNorm(name + ".norm1", x);
    Value qkv = linear(name + ".attn.qkv", normed, 3 * width);
    Value attended = linear(name + ".attn.proj", graph.attention(qkv, heads), width, x);
    Value hidden =
        graph.gelu(
            linear(
                name + ".mlp.fc1", layerNorm(name + ".norm2", attended), (int) (width * mlpRatio)));
    return linear(name + ".mlp.fc2", hidden, width, attended);
  }
}
