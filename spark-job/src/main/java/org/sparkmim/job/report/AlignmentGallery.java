package org.sparkmim.job.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.sparkmim.model.method.ModelSpec;

/**
 * Alignment with a teacher: what the teacher finds important, which patches the student saw, and
 * how well it matches the teacher on each of them.
 */
final class AlignmentGallery implements Gallery {

  private final ModelSpec spec;
  private final CropDrawing crops;

  AlignmentGallery(ModelSpec spec) {
    this.spec = spec;
    crops = new CropDrawing(spec);
  }

  @Override
  public String legend() {
    return "The teacher sees the whole image, the student the kept patches alone, and is to say"
        + " what the teacher makes of them. Importance is the attention of the teacher's class"
        + " token in its last block. Below, for each of the teacher's blocks that count, how"
        + " well the student's prediction agrees with the teacher's features on each kept patch: a"
        + " cosine of 1 is an angle of 0\u00b0, a cosine of 0 one of 90\u00b0.";
  }

  @Override
  public List<ColourKey> keys() {
    return List.of(
        new ColourKey("importance, share of the image's most important patch", "0", "1"),
        new ColourKey("angle between student and teacher", "90\u00b0 and more", "0\u00b0"));
  }

  @Override
  public List<List<Tile>> rows(Example example) {
    boolean[] visible = example.visible(spec.tokens());
    List<Tile> levels = new ArrayList<>();
    List<String> names = HeadNames.of(spec);
    for (int level = 0; level < names.size(); level++) {
      levels.add(level(example, level, names.get(level), visible));
    }
    return List.of(
        List.of(
            new Tile("original", crops.whole(example.crop())),
            importance(example),
            new Tile("kept patches", crops.masked(example.crop(), visible))),
        levels);
  }

  private Tile importance(Example example) {
    float[] importance = example.importance();
    double most = 0;
    for (float share : importance) {
      most = Math.max(most, share);
    }
    double[] shares = new double[importance.length];
    for (int patch = 0; patch < shares.length; patch++) {
      shares[patch] = most > 0 ? importance[patch] / most : 0;
    }
    boolean[] all = new boolean[shares.length];
    Arrays.fill(all, true);
    return new Tile("importance to the teacher", crops.heat(example.crop(), shares, all));
  }

  private Tile level(Example example, int number, String name, boolean[] visible) {
    double[] cosines = cosines(example.heads().get(number));
    double[] shares = new double[visible.length];
    for (int rank = 0; rank < cosines.length; rank++) {
      shares[example.keepIds()[rank]] = closeness(cosines[rank]);
    }
    var all = Arrays.stream(cosines).summaryStatistics();
    String caption = String.format(Locale.ROOT, "%s, mean cosine %.2f", name, all.getAverage());
    return new Tile(
        caption,
        String.format(Locale.ROOT, "%s, from %.2f to %.2f", caption, all.getMin(), all.getMax()),
        crops.heat(example.crop(), shares, visible));
  }

  /** From 0 at a right angle to 1; of the angle, as cosines of good matches hardly differ. */
  static double closeness(double cosine) {
    return 1 - Math.acos(Math.max(0, Math.min(1, cosine))) / (Math.PI / 2);
  }

  /** Cosine between target and prediction on each visible patch {@code [K]}; cls is left out. */
  static double[] cosines(Example.Head head) {
    int width = head.width();
    double[] cosines = new double[head.weights().length - 1];
    for (int patch = 0; patch < cosines.length; patch++) {
      double product = 0;
      double target = 0;
      double prediction = 0;
      for (int i = (patch + 1) * width; i < (patch + 2) * width; i++) {
        product += (double) head.target()[i] * head.prediction()[i];
        target += (double) head.target()[i] * head.target()[i];
        prediction += (double) head.prediction()[i] * head.prediction()[i];
      }
      double norms = Math.sqrt(target * prediction);
      cosines[patch] = norms > 0 ? product / norms : 0;
    }
    return cosines;
  }
}
