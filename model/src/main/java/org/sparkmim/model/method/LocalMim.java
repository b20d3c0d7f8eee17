package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Layers;

/**
 * LocalMIM (Wang et al., CVPR 2023): four depths of one encoder each reconstruct a target at a
 * scale of their own, the lower ones fine cells, the upper ones coarse cells.
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
 * The table is that of ViT; on Swin see {@link LocalMimSwin}.
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
  static MimModel build(ModelSpec spec, int batch, Predicted predicted) {
    return spec.encoder() instanceof SwinShape swin
        ? onSwin(spec, new SwinGrid(swin, spec.imageSize()), batch)
        : onVit(spec, batch, predicted);
  }

  private static MimModel onSwin(ModelSpec spec, SwinGrid grid, int batch) {
    int units = spec.keep() / grid.unitTokens(0);
    List<Integer> widths = spec.outputs().stream().map(ModelSpec.Output::width).toList();
    SwinModel model = LocalMimSwin.build(grid, units, spec.decoder(), widths, batch);
    return new MimModel(
        model.graph(), new SwinInputs(model, new SwinIndices(grid, units)), model.heads());
  }

  private static MimModel onVit(ModelSpec spec, int batch, Predicted predicted) {
    GraphBuilder graph = new GraphBuilder();
    Value patches = graph.input("patches", batch, spec.keep(), spec.patchWidth());
    Value visible = graph.index("visible", batch, spec.keep());
    Decoding decoding = new Decoding(graph, spec, batch, predicted);
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
    List<FixedTensor> fixed =
        spec.encoder() instanceof SwinShape swin
            ? new ArrayList<>(
                LocalMimSwin.fixedTensors(new SwinGrid(swin, spec.imageSize()), spec.decoder()))
            : positions(spec);
    for (int k = 0; k < spec.taps().size(); k++) {
      if (spec.target().kind() == TargetSpec.Kind.HOG) {
        fixed.add(FixedTensor.sobel("hog_enc." + k + ".conv.weight"));
      }
    }
    return fixed;
  }

  private static List<FixedTensor> positions(ModelSpec spec) {
    List<FixedTensor> positions = new ArrayList<>();
    for (int k = 0; k < spec.taps().size(); k++) {
      positions.add(
          VitEncoder.fixedPositions("decoder." + k + ".pos_embed", spec, spec.decoder().width()));
    }
    return positions;
  }
}
