package org.sparkmim.job.verify;

/** Names of mmpretrain's checkpoints for the parameters of MAE and MFF (methods 3.5). */
final class MmpretrainNames {
  private MmpretrainNames() {}

  static String official(String ours) {
    boolean neck = ours.startsWith("decoder_") || ours.equals("mask_token");
    String name =
        ours.replaceFirst("^blocks\\.", "layers.")
            .replaceFirst("^(decoder_)?norm\\.", "ln1.")
            .replace(".norm1.", ".ln1.")
            .replace(".norm2.", ".ln2.")
            .replace(".mlp.fc1.", ".ffn.layers.0.0.")
            .replace(".mlp.fc2.", ".ffn.layers.1.")
            .replace("patch_embed.proj.", "patch_embed.projection.");
    return (neck ? "neck." : "backbone.") + name;
  }
}
