package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Layers;

/**
 * LocalMIM on ViT (Wang et al., CVPR 2023): four depths of one encoder each reconstruct a target at
 * a scale of their own, the lower ones fine cells, the upper ones coarse cells.
 *
 * <pre>
 * tap (of 12 blocks)   scale   cells at 224/16   head
 *  1                   4       56 x 56           upsample, norm, GELU, upsample, 1x1
 *  3                   2       28 x 28           upsample, 1x1
 *  9                   1       14 x 14           1x1
 * 11                   0.5      7 x 7            2x2 mean, 1x1
 * </pre>
 *
 * Each tap has its own layer norm, decoder, mask token and head. Losses are summed with weight 1.
 */
final class LocalMim {
  private LocalMim() {}

  static Published published(int depth) {
    return new Published(
        ModelSpec.officialTaps(depth),
        List.of(4.0, 2.0, 1.0, 0.5),
        List.of(),
        new ModelSpec.Decoder(256, 1, 8),
        MaskSpec.Strategy.RANDOM,
        0.75,
        TargetSpec.Kind.HOG);
  }

  /** The training network for minibatches of {@code batch} images. */
  static MimModel build(ModelSpec spec, int batch) {
    GraphBuilder graph = new GraphBuilder();
    Value patches = graph.input("patches", batch, spec.keep(), spec.patchWidth());
    Value visible = graph.index("visible", batch, spec.keep());
    Decoding decoding = new Decoding(graph, spec, batch);
    VitEncoder.build(
        graph,
        spec,
        patches,
        visible,
        (block, stream) -> {
          int tap = spec.taps().indexOf(block);
          if (tap >= 0) {
            Value latent = new Layers(graph).layerNorm("norm." + tap, stream);
            decoding.add(latent, tap, names("decoder." + tap));
          }
        });
    return decoding.model(patches, visible);
  }

  private static Decoding.Names names(String decoder) {
    return new Decoding.Names(
        decoder + ".embed",
        decoder + ".mask_token",
        decoder + ".blocks.",
        decoder + ".norm",
        decoder + ".pred");
  }

  /** Tensors of a published checkpoint that are not trained. */
  static List<FixedTensor> fixedTensors(ModelSpec spec) {
    List<FixedTensor> fixed = new ArrayList<>();
    float[] sobel = {1, 0, -1, 2, 0, -2, 1, 0, -1, 1, 2, 1, 0, 0, 0, -1, -2, -1};
    for (int k = 0; k < spec.taps().size(); k++) {
      fixed.add(
          VitEncoder.fixedPositions("decoder." + k + ".pos_embed", spec, spec.decoder().width()));
      if (spec.target().kind() == TargetSpec.Kind.HOG) {
        fixed.add(new FixedTensor("hog_enc." + k + ".conv.weight", List.of(2, 1, 3, 3), sobel));
      }
    }
    return fixed;
  }
}
