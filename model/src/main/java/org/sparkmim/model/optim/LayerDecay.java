package org.sparkmim.model.optim;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Layer-wise learning rates of a ViT in fine-tuning (MAE, util/lr_decay; methods 1.8): the nearer
 * to the image, the slower. Tokens, positions and patch embedding are layer 0, block k is layer
 * {@code k + 1}, everything above layer {@code n = depth + 1}.
 *
 * @param factor by which a layer learns slower than the one above
 * @param depth blocks
 */
public record LayerDecay(double factor, int depth) {
  private static final Set<String> FIRST = Set.of("cls_token", "pos_embed");
  private static final Pattern BLOCK = Pattern.compile("blocks\\.(\\d{1,9})\\.");

  /** Every layer at the same rate. */
  public static LayerDecay none() {
    return new LayerDecay(1, 0);
  }

  /**
   * {@code factor ^ (n - layer)}, by which learning rate and decoupled decay of a parameter are
   * multiplied.
   *
   * @param parameter name in the published checkpoints
   */
  public double scale(String parameter) {
    return Math.pow(factor, depth + 1 - layer(parameter));
  }

  private int layer(String parameter) {
    if (FIRST.contains(parameter) || parameter.startsWith("patch_embed")) {
      return 0;
    }
    Matcher block = BLOCK.matcher(parameter);
    return block.lookingAt() ? 1 + Integer.parseInt(block.group(1)) : depth + 1;
  }
}
