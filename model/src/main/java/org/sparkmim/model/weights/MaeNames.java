package org.sparkmim.model.weights;

import java.util.List;

/**
 * The names of the published MAE, LocalMIM and MaskAlign (methods 1.7, 2.10, 4.8), which are also
 * those of SparkMIM's own checkpoints, for every method.
 */
final class MaeNames {
  private MaeNames() {}

  static NameMapping mapping() {
    return new NameMapping(
        new NameTable().same("*", "*"),
        // MaskAlign's checkpoints hold their frozen teacher too.
        List.of("clip_model.*", "dino_model.*"),
        List.of(
            "norm.#.*",
            "decoder*",
            "mask_token",
            "hog_enc.*",
            "proj_layers.*",
            "proj_weights",
            "distill_*"));
  }
}
