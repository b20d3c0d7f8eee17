package org.sparkmim.model.method;

/** What a classifier is to answer, as shares of the classes (timm's mixup_target). */
public final class SoftTargets {
  private SoftTargets() {}

  /**
   * Smoothed targets of a minibatch that may be mixed with itself in reverse order: image b is the
   * share {@code lambda} of itself and the rest of image {@code B-1-b}. Smoothing gives every class
   * {@code smoothing / classes}, and the right one what is left.
   *
   * @param labels {@code [B]}, from 0 to before {@code classes}
   * @param smoothing in [0, 1); 0: none
   * @param lambda in [0, 1]; 1: not mixed
   * @return {@code [B, classes]}; every row sums to 1
   */
  public static float[] of(int[] labels, int classes, double smoothing, double lambda) {
    if (!(smoothing >= 0 && smoothing < 1 && lambda >= 0 && lambda <= 1)) {
      throw new IllegalArgumentException(
          "smoothing %s and lambda %s must lie in [0, 1) and [0, 1]".formatted(smoothing, lambda));
    }
    float[] targets = new float[labels.length * classes];
    double off = smoothing / classes;
    double on = 1 - smoothing;
    for (int b = 0; b < labels.length; b++) {
      int own = labels[b];
      int other = labels[labels.length - 1 - b];
      for (int c = 0; c < classes; c++) {
        double share = (c == own ? lambda : 0) + (c == other ? 1 - lambda : 0);
        targets[b * classes + c] = (float) (off + on * share);
      }
    }
    return targets;
  }
}
