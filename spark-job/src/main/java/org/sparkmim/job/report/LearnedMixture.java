package org.sparkmim.job.report;

import java.util.Optional;
import org.sparkmim.model.method.ModelSpec;

/** How a method learned to mix the encoder's blocks. */
interface LearnedMixture {

  /** That of a checkpoint; empty where the method mixes nothing. */
  static Optional<LearnedMixture> of(ModelSpec spec, CheckpointWeights weights) {
    return switch (spec.method()) {
      case MAE, LOCALMIM -> Optional.empty();
      case MFF -> Optional.of(FusionBars.of(spec, weights.tensor("proj_weights")));
      case MASKALIGN -> Optional.of(MixingMap.of(spec, weights.tensor("distill_weights")));
    };
  }

  /** Its title. */
  String heading();

  /** How to read it, a paragraph of plain text. */
  String legend();

  /** Itself, as HTML. */
  String html();
}
