package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.Layers;

/**
 * MaskAlign (Xue et al., CVPR 2023), the student: visible tokens and cls go through a ViT; for each
 * of the teacher's last blocks a trained mixture of student blocks, through a linear adaptor,
 * matches what the teacher, which sees the whole image, makes of the same tokens. Nothing is
 * decoded.
 *
 * <p>Mixing comes first and the teacher block's adaptor after, without a norm, as in the published
 * code (methods 4.4).
 */
final class MaskAlign {
  private MaskAlign() {}

  /** The decoder is that of MAE, which it does without. */
  static Published published(int depth) {
    return new Published(
        IntStream.range(0, depth).boxed().toList(),
        List.of(),
        List.of(),
        Mae.published(depth).decoder(),
        MaskSpec.Strategy.ATTENTION,
        0.7,
        TargetSpec.Kind.TEACHER);
  }

  /** The training network for minibatches of {@code batch} images. */
  static MimModel build(ModelSpec spec, int batch) {
    GraphBuilder graph = new GraphBuilder();
    Layers layers = new Layers(graph);
    Value patches = graph.input("patches", batch, spec.keep(), spec.patchWidth());
    Value visible = graph.index("visible", batch, spec.keep());
    List<Value> mixed = new ArrayList<>();
    Value[] last = new Value[1];
    VitEncoder.build(
        graph,
        spec,
        patches,
        visible,
        (block, stream) -> {
          last[0] = stream;
          if (spec.taps().contains(block)) {
            mixed.add(stream);
          }
        });
    // The published student has a final norm that no loss reaches; features are read through it.
    layers.normParameters("norm", spec.width());
    Alignment alignment = spec.alignment();
    int blocks = alignment.teacher().shape().depth();
    int teacherWidth = alignment.teacher().shape().width();
    Value weights =
        graph.parameter("distill_weights", start(alignment, mixed.size()), blocks, mixed.size());
    List<MimModel.Head> heads = new ArrayList<>();
    for (int level = 0; level < blocks; level++) {
      Layers.LinearParameters adaptor =
          layers.linearParameters("distill_heads." + level, spec.width(), teacherWidth);
      int head = level - (blocks - alignment.levels());
      if (head < 0) {
        continue;
      }
      Value mixture = graph.label("mixed/" + level, graph.mix(mixed, weights, level, false));
      Value prediction =
          graph.label("pred/" + level, graph.linear(mixture, adaptor.weight(), adaptor.bias()));
      ModelSpec.Output output = spec.outputs().get(head);
      Value target = graph.input("target/" + level, batch, output.rows(), output.width());
      Value share = graph.input("weight/" + level, batch, output.rows());
      Value loss =
          graph.maskedLoss(
              Op.Measure.SMOOTH_L1, 1.0 / alignment.levels(), prediction, target, share);
      graph.label("loss/" + level, loss);
      heads.add(new MimModel.Head(prediction, target, share));
    }
    return new MimModel(graph.build(), new VitInputs(patches, visible, null), heads);
  }

  private static Init start(Alignment alignment, int studentBlocks) {
    return alignment.mixing() == Alignment.Mixing.LINEAR
        ? new Init.Identity(0.01f)
        : new Init.Constant(1f / studentBlocks);
  }
}
