package org.sparkmim.model.weights;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sparkmim.model.ModelException;

/** Whose names a weights file has. */
public enum WeightsFormat {
  /** The published MAE, LocalMIM and MaskAlign on ViT; SparkMIM's own. */
  MAE(MaeNames.mapping(), false),
  /** MAE and MFF in mmpretrain. */
  MMPRETRAIN(MmpretrainNames.mapping(), false),
  /** timm's vision transformer and MAE's classifiers. */
  TIMM(TimmNames.mapping(), true),
  /** The published LocalMIM on Swin; SparkMIM's own. */
  LOCALMIM_SWIN(SwinNames.localMim(), false),
  /** Microsoft's Swin, timm's before 0.9, and the encoder of SimMIM without its prefix. */
  SWIN(SwinNames.official(), true),
  /** Swin in timm since 0.9. */
  TIMM_SWIN(SwinNames.timm(), true);

  private static final int NAMED = 3;

  private final NameMapping mapping;
  private final boolean encoderOnly;

  WeightsFormat(NameMapping mapping, boolean encoderOnly) {
    this.mapping = mapping;
    this.encoderOnly = encoderOnly;
  }

  /** Name on the command line. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The format of that name on the command line. */
  public static Optional<WeightsFormat> of(String key) {
    return List.of(values()).stream().filter(format -> format.key().equals(key)).findFirst();
  }

  /** Names of all formats on the command line. */
  public static List<String> keys() {
    return List.of(values()).stream().map(WeightsFormat::key).toList();
  }

  /** Whether it has names for encoders alone. */
  public boolean encoderOnly() {
    return encoderOnly;
  }

  /** The format that a file's names are of; empty if they are of none. */
  public static Optional<WeightsFormat> detect(SafetensorsReader file, String prefix) {
    Names names = new Names(file, prefix);
    if (names.has("backbone.patch_embed.projection.weight")) {
      return Optional.of(MMPRETRAIN);
    }
    if (names.has("encoder.norm.0.weight") || names.has("encoder.norm.3.weight")) {
      return Optional.of(LOCALMIM_SWIN);
    }
    if (names.has("layers.0.blocks.0.attn.relative_position_bias_table")) {
      return Optional.of(names.has("layers.0.downsample.norm.weight") ? SWIN : TIMM_SWIN);
    }
    if (names.has("patch_embed.proj.weight") && names.has("cls_token")) {
      boolean bare = names.has("norm.weight") || names.has("fc_norm.weight");
      return Optional.of(
          bare && !names.has("mask_token") && !names.has("distill_weights") ? TIMM : MAE);
    }
    return Optional.empty();
  }

  private record Names(SafetensorsReader file, String prefix) {
    boolean has(String name) {
      return file.find(prefix + name).isPresent();
    }
  }

  /**
   * This format's name of one of our tensors, of the first where it is cut in several.
   *
   * @throws IllegalArgumentException if it has none
   */
  public String nameOf(String own) {
    return mapping.table().rules(own).stream()
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(key() + " has no name for " + own))
        .theirs()
        .get(0);
  }

  /**
   * Our tensors under this format's names.
   *
   * @throws ModelException ARGUMENT if it has no names for some of them
   */
  public List<FloatTensor> toTheirs(Iterable<FloatTensor> ours) {
    List<String> unknown = new ArrayList<>();
    List<FloatTensor> theirs = mapping.toTheirs(ours, unknown);
    Set<String> names = new HashSet<>();
    theirs.stream().map(FloatTensor::name).filter(n -> !names.add(n)).forEach(unknown::add);
    if (!unknown.isEmpty()) {
      throw new ModelException(
          ModelException.Kind.ARGUMENT,
          "Cannot write this model in the format "
              + key()
              + ": that has no names for "
              + unknown.size()
              + " of its tensors, such as "
              + String.join(", ", unknown.subList(0, Math.min(NAMED, unknown.size())))
              + ". Take another format ("
              + String.join(", ", keys())
              + ") or the encoder alone.");
    }
    return theirs;
  }

  /**
   * Our tensors from a file of this format.
   *
   * @param prefix part of every name in the file that the format does not know, such as {@code
   *     module.}; empty for none. Tensors without it are passed over
   * @param wanted shape of every tensor of ours that is needed, by name
   * @param optional those that may be missing
   * @throws ModelException INPUT that lists what is missing, unexpected or of another shape
   */
  public Imported toOurs(
      SafetensorsReader file,
      String prefix,
      Part part,
      Map<String, List<Long>> wanted,
      Set<String> optional) {
    return mapping.toOurs(file, prefix, part, wanted, optional);
  }
}
