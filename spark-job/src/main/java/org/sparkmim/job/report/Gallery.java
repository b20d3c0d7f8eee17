package org.sparkmim.job.report;

import java.util.List;
import org.sparkmim.data.target.TargetKind;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.TargetSpec;

/** Draws what a network made of an image, in the way of its target. */
interface Gallery {

  /** The gallery of a model. */
  static Gallery of(ModelSpec spec) {
    TargetSpec target = spec.target();
    return switch (target.kind()) {
      case HOG -> new HogGallery(spec);
      case PIXELS -> new PixelGallery(spec, new TargetKind.Pixels(false), false);
      case LOW_FREQUENCY ->
          new PixelGallery(spec, new TargetKind.LowFrequencyPixels(target.radius(), false), true);
      case TEACHER -> new AlignmentGallery(spec);
    };
  }

  /** How to read its pictures, a paragraph of plain text. */
  String legend();

  /** What its colours stand for; none where pictures have their own. */
  default List<ColourKey> keys() {
    return List.of();
  }

  /** Pictures of an example, row by row. */
  List<List<Tile>> rows(Example example);
}
