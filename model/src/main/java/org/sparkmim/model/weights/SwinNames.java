package org.sparkmim.model.weights;

import java.util.List;

/**
 * The names of Swin encoders: those of the published LocalMIM, which are ours (methods 2.11), of
 * Microsoft's Swin, and of timm since 0.9, which merges patches at the start of a stage and not at
 * the end of the one before.
 *
 * <p>LocalMIM merges the neighbours of a patch in the order (row, column) (0,0), (0,1), (1,0),
 * (1,1), everybody else in the order (0,0), (1,0), (0,1), (1,1). So the quarters in the middle of
 * what a merging norms and reduces change places; the function stays the same.
 */
final class SwinNames {
  /** Tables that follow from sizes, and what a classifier adds. */
  private static final List<String> NOT_OURS =
      List.of("*.relative_position_index", "*.attn_mask", "head.*");

  private SwinNames() {}

  static NameMapping localMim() {
    return new NameMapping(
        new NameTable().same("*", "*"),
        List.of("*.relative_position_index", "*.attn_mask"),
        List.of("encoder.norm.#.*", "decoder.*", "hog_enc.*"));
  }

  static NameMapping official() {
    return standard("layers.#.downsample.");
  }

  static NameMapping timm() {
    return standard("layers.#+.downsample.");
  }

  private static NameMapping standard(String merging) {
    String own = "encoder.layers.#.downsample.";
    return new NameMapping(
        new NameTable()
            .line(Conversion.QUARTERS_EXCHANGED, own + "*", merging + "*")
            .same("encoder.patch_embed.*", "patch_embed.*")
            .same("encoder.layers.#.blocks.*", "layers.#.blocks.*")
            // The norm of LocalMIM's last tap is the one on the last stage.
            .same("encoder.norm.#.*", "norm.*"),
        NOT_OURS,
        List.of());
  }
}
