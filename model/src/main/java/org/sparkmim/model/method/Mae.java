package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.Layers;

/**
 * MAE (He et al., CVPR 2022): one decoder on the last block; and MFF (Liu et al., ICCV 2023), which
 * hands that decoder a mixture of several blocks instead: each but the last through a linear layer
 * of its own, weighed by the softmax of a trained vector. Both norm what they decode.
 */
final class Mae {
  private static final Decoding.Names NAMES =
      new Decoding.Names(
          "decoder_embed", "mask_token", "decoder_blocks.", "decoder_norm", "decoder_pred");

  private Mae() {}

  static Published published(int depth) {
    return published(depth, List.of());
  }

  /** MFF mixes every other block from the first on, and the last: 0, 2, 4, 6, 8, 11 of twelve. */
  static Published publishedWithFusion(int depth) {
    IntStream others = IntStream.iterate(0, block -> block < depth - 2, block -> block + 2);
    return published(depth, IntStream.concat(others, IntStream.of(depth - 1)).boxed().toList());
  }

  private static Published published(int depth, List<Integer> fused) {
    return new Published(
        List.of(depth - 1),
        List.of(1.0),
        fused,
        new ModelSpec.Decoder(512, 8, 16),
        MaskSpec.Strategy.RANDOM,
        0.75,
        TargetSpec.Kind.PIXELS);
  }

  /** The training network for minibatches of {@code batch} images. */
  static MimModel build(ModelSpec spec, int batch, Predicted predicted) {
    GraphBuilder graph = new GraphBuilder();
    Layers layers = new Layers(graph);
    Value patches = graph.input("patches", batch, spec.keep(), spec.patchWidth());
    Value visible = graph.index("visible", batch, spec.keep());
    Decoding decoding = new Decoding(graph, spec, batch, predicted);
    List<Value> blocks = new ArrayList<>();
    VitEncoder.build(graph, spec, patches, visible, (block, stream) -> blocks.add(stream));
    Value last =
        spec.fused().isEmpty()
            ? blocks.get(blocks.size() - 1)
            : fuse(graph, spec.fused().stream().map(blocks::get).toList());
    decoding.add(layers.layerNorm("norm", last), 0, NAMES);
    return decoding.model(patches, visible);
  }

  private static Value fuse(GraphBuilder graph, List<Value> blocks) {
    Layers layers = new Layers(graph);
    List<Value> terms = new ArrayList<>();
    int last = blocks.size() - 1;
    for (int j = 0; j < last; j++) {
      Value block = blocks.get(j);
      Value projected = layers.linear("proj_layers." + j, block, block.width());
      terms.add(graph.label("projected/" + j, projected));
    }
    terms.add(blocks.get(last));
    Value weights = graph.parameter("proj_weights", new Init.Constant(1), last + 1, 1, 1, 1);
    return graph.label("fused/0", graph.mix(terms, weights, 0, true));
  }

  /** Tensors of a published checkpoint that are not trained. */
  static List<FixedTensor> fixedTensors(ModelSpec spec) {
    return List.of(VitEncoder.fixedPositions("decoder_pos_embed", spec, spec.decoder().width()));
  }
}
