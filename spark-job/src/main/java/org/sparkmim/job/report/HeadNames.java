package org.sparkmim.job.report;

import java.util.List;
import java.util.stream.IntStream;
import org.sparkmim.model.method.Alignment;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.SwinShape;

/** What the losses of a model are called; blocks count from 1. */
final class HeadNames {

  private HeadNames() {}

  /** One name a head, in the order of the losses. */
  static List<String> of(ModelSpec spec) {
    return switch (spec.method()) {
      case LOCALMIM ->
          IntStream.range(0, spec.scales().size())
              .mapToObj(k -> cells(spec, k) + place(spec) + (spec.taps().get(k) + 1))
              .toList();
      case MAE, MFF ->
          IntStream.range(0, spec.scales().size()).mapToObj(k -> cells(spec, k)).toList();
      case MASKALIGN -> {
        Alignment alignment = spec.alignment();
        int depth = alignment.teacher().shape().depth();
        yield IntStream.rangeClosed(depth - alignment.levels() + 1, depth)
            .mapToObj(block -> "teacher block " + block)
            .toList();
      }
    };
  }

  private static String place(ModelSpec spec) {
    return spec.encoder() instanceof SwinShape ? ", stage " : ", block ";
  }

  private static String cells(ModelSpec spec, int head) {
    return spec.cellSizes().get(head) + " px cells";
  }
}
