package org.sparkmim.model.method;

import java.io.Serializable;
import java.util.Locale;

/**
 * How a student is aligned with its teacher (MaskAlign, Xue et al., CVPR 2023).
 *
 * @param levels how many of the teacher's last blocks count, each with weight 1/levels
 * @param mixing how student blocks are mixed for a teacher block
 */
public record Alignment(int levels, Mixing mixing, Teacher teacher) implements Serializable {
  /** How the mixing matrix starts and which shapes it can have. */
  public enum Mixing {
    /** One row a teacher block, one column a student block, as many: identity plus 0.01. */
    LINEAR,
    /** Any number of either: 1 / columns everywhere. */
    SUM;

    /** Name in the configuration. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whose weights the teacher has. */
  public enum Family {
    /** CLIP's vision tower, as Hugging Face stores it. */
    CLIP,
    /** DINO's ViT, as Hugging Face stores it. */
    DINO,
    /** The names of MAE and timm: any ViT that SparkMIM trained. */
    VIT;

    /** Name in the configuration. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The frozen teacher. It sees the whole image, cut into as many patches as the student's; where
   * its patches have another size, the image is brought to the size that they make.
   *
   * @param weights address of its safetensors file
   */
  public record Teacher(Family family, VitShape shape, String weights) implements Serializable {}

  void check(int studentBlocks) {
    teacher.shape().check("model.teacher.");
    Rules.require(
        levels >= 1 && levels <= teacher.shape().depth(),
        "model.alignment.levels",
        levels,
        "must lie between 1 and the teacher's depth " + teacher.shape().depth());
    Rules.require(
        mixing == Mixing.SUM || studentBlocks == teacher.shape().depth(),
        "model.alignment.mixing",
        mixing.key(),
        "needs as many student blocks ("
            + studentBlocks
            + ", see model.taps) as teacher blocks ("
            + teacher.shape().depth()
            + "); use sum");
  }
}
