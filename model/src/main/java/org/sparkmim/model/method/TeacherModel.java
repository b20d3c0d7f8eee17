package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.Layers;

/**
 * A frozen ViT on whole images, as MaskAlign's teacher. Its parameters have the names of MAE, with
 * {@code norm_pre} for CLIP's norm before the first block.
 *
 * @param patches all patches in raster order {@code [B, L, 3*P*P]}
 * @param positions of the patches {@code [B, L, D]}, the same for every image; that of cls is part
 *     of {@code cls_token}
 * @param hidden residual stream after each of the last blocks {@code [B, L+1, D]}, cls first, no
 *     final norm
 * @param attention of the last block, after softmax {@code [B, heads, L+1, L+1]}
 */
public record TeacherModel(
    Graph graph, Value patches, Value positions, List<Value> hidden, Value attention) {
  private static final Init UNTRAINED = new Init.Constant(0);

  /** CLIP's activation: {@code x * sigmoid(1.702 x)}. */
  private static final double QUICK_GELU = 1.702;

  /**
   * The network for batches of {@code batch} images.
   *
   * @param grid patches a side
   * @param levels how many of the last blocks are asked for
   */
  public static TeacherModel build(Alignment.Teacher teacher, int grid, int levels, int batch) {
    VitShape shape = teacher.shape();
    GraphBuilder graph = new GraphBuilder();
    Layers layers = new Layers(graph, eps(teacher.family()));
    int tokens = grid * grid;
    int width = shape.width();
    int patch = shape.patchSize();
    Value patches = graph.input("patches", batch, tokens, ModelSpec.CHANNELS * patch * patch);
    Value positions = graph.input("positions", batch, tokens, width);
    Value weight =
        graph.parameter(
            "patch_embed.proj.weight", UNTRAINED, width, ModelSpec.CHANNELS, patch, patch);
    Value bias = graph.parameter("patch_embed.proj.bias", UNTRAINED, width);
    Value cls = graph.parameter("cls_token", UNTRAINED, 1, 1, width);
    Value stream = graph.prependToken(graph.linear(patches, weight, bias, positions), cls);
    if (teacher.family() == Alignment.Family.CLIP) {
      stream = layers.layerNorm("norm_pre", stream);
    }
    graph.output("hidden/0", stream);
    List<Value> hidden = new ArrayList<>();
    Value attention = null;
    for (int i = 0; i < shape.depth(); i++) {
      String name = "blocks." + i;
      Value qkv =
          layers.linear(name + ".attn.qkv", layers.layerNorm(name + ".norm1", stream), 3 * width);
      Value attended = graph.attention(qkv, shape.heads());
      attention = graph.probabilities(attended);
      Value middle = layers.linear(name + ".attn.proj", attended, width, stream);
      Value inner =
          layers.linear(
              name + ".mlp.fc1",
              layers.layerNorm(name + ".norm2", middle),
              (int) (width * shape.mlpRatio()));
      Value active =
          teacher.family() == Alignment.Family.CLIP
              ? graph.swish(inner, QUICK_GELU)
              : graph.gelu(inner);
      stream = layers.linear(name + ".mlp.fc2", active, width, middle);
      if (i >= shape.depth() - levels) {
        hidden.add(graph.output("hidden/" + (i + 1), stream));
      }
    }
    graph.output("attention", attention);
    return new TeacherModel(graph.build(), patches, positions, List.copyOf(hidden), attention);
  }

  private static double eps(Alignment.Family family) {
    return switch (family) {
      case CLIP -> 1e-5;
      case DINO -> 1e-12;
      case VIT -> Layers.LAYER_NORM_EPS;
    };
  }
}
