package org.sparkmim.model.nn;

import java.util.function.UnaryOperator;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;

/** Layers under the parameter names of timm and MAE. */
public final class Layers {
  /** Epsilon of every layer norm in MAE and LocalMIM. */
  public static final double LAYER_NORM_EPS = 1e-6;

  private final GraphBuilder graph;
  private final double eps;

  /** Layers whose norms have {@link #LAYER_NORM_EPS}. */
  public Layers(GraphBuilder graph) {
    this(graph, LAYER_NORM_EPS);
  }

  /** Layers whose norms have that epsilon. */
  public Layers(GraphBuilder graph, double eps) {
    this.graph = graph;
    this.eps = eps;
  }

  /** Fully connected: Xavier weight {@code [out, in]}, zero bias. */
  public Value linear(String name, Value x, int out) {
    return linear(name, x, out, null);
  }

  /** Fully connected with a residual added to the result. */
  public Value linear(String name, Value x, int out, Value residual) {
    return apply(linearParameters(name, x.width(), out), x, residual);
  }

  /** Weight {@code [out, in]} and bias of a fully connected layer. */
  public record LinearParameters(Value weight, Value bias) {}

  /** The parameters of a fully connected layer, for whoever applies it or not. */
  public LinearParameters linearParameters(String name, int in, int out) {
    return new LinearParameters(
        graph.parameter(name + ".weight", new Init.Xavier(in, out), out, in),
        graph.parameter(name + ".bias", new Init.Constant(0), out));
  }

  /** Layer norm over the width with scale 1 and shift 0 at the start. */
  public Value layerNorm(String name, Value x) {
    return apply(normParameters(name, x.width()), x);
  }

  /** Scale and shift of a layer norm. */
  public record NormParameters(Value gamma, Value beta) {}

  /** The parameters of a layer norm, for whoever applies it or not. */
  public NormParameters normParameters(String name, int width) {
    return new NormParameters(
        graph.parameter(name + ".weight", new Init.Constant(1), width),
        graph.parameter(name + ".bias", new Init.Constant(0), width));
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

  /** Linear map without bias: Xavier weight {@code [out, in]}. */
  public Value projection(String name, Value x, int out) {
    return graph.linear(
        x, graph.parameter(name + ".weight", new Init.Xavier(x.width(), out), out, x.width()));
  }

  /**
   * How a block's branches come back to the stream.
   *
   * @param scale {@code [2 * blocks, B]}, of attention and MLP of each block; null adds them as
   *     they are
   * @param block number of the block
   */
  public record Branches(Value scale, int block) {
    private static final Branches WHOLE = new Branches(null, 0);
  }

  /** Pre-norm transformer block: attention, then an MLP with GELU, each with a residual. */
  public Value block(String name, Value x, int heads, double mlpRatio) {
    return block(name, x, heads, mlpRatio, Branches.WHOLE);
  }

  /** The same with branches that images may go without. */
  public Value block(String name, Value x, int heads, double mlpRatio, Branches branches) {
    return block(name, x, mlpRatio, qkv -> graph.attention(qkv, heads), branches);
  }

  /** The same with attention of the caller's, from packed queries, keys and values. */
  public Value block(String name, Value x, double mlpRatio, UnaryOperator<Value> attention) {
    return block(name, x, mlpRatio, attention, Branches.WHOLE);
  }

  private Value block(
      String name, Value x, double mlpRatio, UnaryOperator<Value> attention, Branches branches) {
    BlockParameters parameters = blockParameters(name, x.width(), mlpRatio);
    return afterAttention(parameters, attention.apply(packed(parameters, x)), x, branches);
  }

  /** The parameters of a transformer block, for whoever applies its halves apart. */
  public record BlockParameters(
      NormParameters norm1,
      LinearParameters qkv,
      LinearParameters proj,
      NormParameters norm2,
      LinearParameters fc1,
      LinearParameters fc2) {}

  /** The parameters of {@link #block}. */
  public BlockParameters blockParameters(String name, int width, double mlpRatio) {
    int hidden = (int) (width * mlpRatio);
    return new BlockParameters(
        normParameters(name + ".norm1", width),
        linearParameters(name + ".attn.qkv", width, 3 * width),
        linearParameters(name + ".attn.proj", width, width),
        normParameters(name + ".norm2", width),
        linearParameters(name + ".mlp.fc1", width, hidden),
        linearParameters(name + ".mlp.fc2", hidden, width));
  }

  /** What a block's attention reads: packed queries, keys and values of {@code x}. */
  public Value packed(BlockParameters parameters, Value x) {
    return apply(parameters.qkv(), apply(parameters.norm1(), x), null);
  }

  /** A block from its attention's result on; {@code stream} holds the tokens that asked. */
  public Value afterAttention(BlockParameters parameters, Value attended, Value stream) {
    return afterAttention(parameters, attended, stream, Branches.WHOLE);
  }

  private Value afterAttention(
      BlockParameters parameters, Value attended, Value stream, Branches branches) {
    Value between = branch(parameters.proj(), attended, stream, branches, 0);
    Value normed = apply(parameters.norm2(), between);
    Value hidden = graph.gelu(apply(parameters.fc1(), normed, null));
    return branch(parameters.fc2(), hidden, between, branches, 1);
  }

  private Value apply(LinearParameters parameters, Value x, Value residual) {
    return graph.linear(x, parameters.weight(), parameters.bias(), residual);
  }

  private Value apply(NormParameters parameters, Value x) {
    return graph.layerNorm(x, parameters.gamma(), parameters.beta(), eps);
  }

  /** The last layer of a branch, and the stream with it. */
  private Value branch(
      LinearParameters parameters, Value x, Value stream, Branches branches, int place) {
    if (branches.scale() == null) {
      return apply(parameters, x, stream);
    }
    return graph.addBranch(
        stream, apply(parameters, x, null), branches.scale(), 2 * branches.block() + place);
  }
}
