package org.sparkmim.job.verify;

import java.util.List;
import java.util.Locale;

/**
 * What is compared, and how far apart it may be. The limits are those that the bundles were
 * published with; they are meant for float32.
 */
enum Group {
  /** Errors count what differs: nothing may. */
  SETTINGS("settings and decay lists", 0, 0),
  INDICES("masks and indices", 0, 0),
  FIXED("fixed tensors", 1e-6, 1e-7),
  /** Functions of numbers alone, computed in double on both sides. */
  SCHEDULE("learning rates and layer scales", 1e-6, 1e-12),
  FORWARD(
      "forward",
      1e-4,
      5e-6,
      "block",
      "latent",
      "decoder_norm",
      "pred",
      "target",
      "pooled",
      "logits",
      "feature",
      "logits_eval"),
  LOSS("losses", 1e-4, 1e-6, "loss", "loss_label_smoothing", "loss_cross_entropy"),
  GRADIENT("gradients", 1e-3, 2e-5, "grad"),
  OPTIMIZER("optimiser alone", 1e-3, 3e-4),
  FIRST_UPDATE("first update after own gradients", 1e-3, 1e-4, "first_update"),
  LOSS_CURVE("loss curve", 1e-4, 1e-6, "loss_curve"),
  LAST_STEP("parameters after the last step", 1e-3, 1e-4),
  /** Errors are the largest distance of a cell and colour beyond what rounding can cause. */
  HOG("HOG of normalised pictures, beyond slack", 1e-5, 1e-5),
  HOG_INTEGER("HOG of 8-bit pictures", 1e-6, 1e-6),
  /** Tensors of the bundle that nothing here computes: they cannot be vouched for. */
  NOT_COMPARED("not compared", 0, 0);

  private final String title;
  private final double accept;
  private final double aim;
  private final List<String> published;

  Group(String title, double accept, double aim, String... published) {
    this.title = title;
    this.accept = accept;
    this.aim = aim;
    this.published = List.of(published);
  }

  String title() {
    return title;
  }

  /** Outer limit of the relative error. */
  double accept() {
    return accept;
  }

  /** Limit above which an error is a real difference and not rounding. */
  double aim() {
    return aim;
  }

  /** The bundle's words for what is in this group, where it measured the published code itself. */
  List<String> published() {
    return published;
  }

  /** Name in machine output. */
  String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
