package org.sparkmim.model.weights;

import java.util.List;

/** The names of mmpretrain, where MFF was published (methods 3.5). */
final class MmpretrainNames {
  private MmpretrainNames() {}

  static NameMapping mapping() {
    NameTable table =
        new NameTable()
            .same("cls_token", "backbone.cls_token")
            .same("pos_embed", "backbone.pos_embed")
            .same("patch_embed.proj.*", "backbone.patch_embed.projection.*")
            // The norm of LocalMIM's last tap is the one on the last block.
            .same("norm.#.*", "backbone.ln1.*")
            .same("norm.*", "backbone.ln1.*")
            .same("proj_layers.*", "backbone.proj_layers.*")
            .same("proj_weights", "backbone.proj_weights")
            .same("mask_token", "neck.mask_token")
            .same("decoder_pos_embed", "neck.decoder_pos_embed")
            .same("decoder_embed.*", "neck.decoder_embed.*")
            .same("decoder_pred.*", "neck.decoder_pred.*")
            .same("decoder_norm.*", "neck.ln1.*");
    blocks(table, "blocks.#.", "backbone.layers.#.");
    blocks(table, "decoder_blocks.#.", "neck.decoder_blocks.#.");
    return new NameMapping(
        table,
        List.of("head.*", "data_preprocessor.*"),
        List.of("neck.*", "backbone.proj_layers.*", "backbone.proj_weights"));
  }

  private static void blocks(NameTable table, String own, String theirs) {
    table
        .same(own + "norm1.*", theirs + "ln1.*")
        .same(own + "norm2.*", theirs + "ln2.*")
        .same(own + "attn.*", theirs + "attn.*")
        .same(own + "mlp.fc1.*", theirs + "ffn.layers.0.0.*")
        .same(own + "mlp.fc2.*", theirs + "ffn.layers.1.*");
  }
}
