package org.sparkmim.model.weights;

import java.util.List;

/**
 * The names of timm's vision transformer and of MAE's classifiers (methods 1.7): an encoder and one
 * norm.
 */
final class TimmNames {
  private TimmNames() {}

  static NameMapping mapping() {
    return new NameMapping(
        new NameTable()
            .same("cls_token", "cls_token")
            .same("pos_embed", "pos_embed")
            .same("patch_embed.proj.*", "patch_embed.proj.*")
            .same("blocks.*", "blocks.*")
            // The norm of LocalMIM's last tap is the one on the last block.
            .same("norm.#.*", "norm.*")
            .same("norm.#.*", "fc_norm.*")
            .same("norm.*", "norm.*")
            // Classifiers that pool have their norm after the pooling.
            .same("norm.*", "fc_norm.*"),
        List.of("head.*"),
        List.of());
  }
}
