package org.sparkmim.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.method.ModelSpec;

class AlignmentGalleryTest {

  private static final ModelSpec SPEC = Specs.maskAlign("", 2);

  @Test
  void cosinesAreThoseOfThePatchesAndNotOfCls() {
    float[] target = {9, 9, /* */ 1, 0, /* */ 1, 1, /* */ 0, 2, /* */ 0, 0};
    float[] prediction = {-9, 9, /* */ 3, 0, /* */ 1, 0, /* */ 0, -1, /* */ 1, 0};
    double[] cosines = AlignmentGallery.cosines(new Example.Head(target, prediction, new float[5]));

    assertThat(cosines).containsExactly(new double[] {1, Math.sqrt(0.5), -1, 0}, within(1e-12));
  }

  @Test
  void closenessFallsEvenlyWithTheAngle() {
    assertThat(AlignmentGallery.closeness(1)).isEqualTo(1);
    assertThat(AlignmentGallery.closeness(Math.cos(Math.PI / 6))).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(AlignmentGallery.closeness(0)).isEqualTo(0);
    assertThat(AlignmentGallery.closeness(-0.5)).isEqualTo(0);
  }

  @Test
  void heatLiesOnThePatchItIsOfAndHiddenPatchesAreGrey() {
    // Of 16 patches, 9 and 2 are visible, in this order; the teacher agrees on 9 alone.
    float[] target = {1, 0, 1, 0, 1, 0};
    float[] prediction = {1, 0, 2, 0, -1, 0};
    Example.Head head = new Example.Head(target, prediction, new float[] {1, 1, 1});
    float[] importance = new float[16];
    importance[5] = 0.5f;
    Example example =
        new Example(
            "ball", new byte[3 * 32 * 32], new int[] {9, 2}, List.of(head, head), importance);

    List<List<Tile>> rows = new AlignmentGallery(SPEC).rows(example);

    assertThat(rows).extracting(List::size).containsExactly(3, 2);
    assertThat(rows.get(1))
        .extracting(Tile::caption)
        .containsExactly("teacher block 3, mean cosine 0.00", "teacher block 4, mean cosine 0.00");
    assertThat(rows.get(1).get(0).alt()).endsWith("from -1.00 to 1.00");
    BufferedImage heat = rows.get(1).get(0).picture();
    assertThat(patch(heat, 9)).isEqualTo(overBlack(1));
    assertThat(patch(heat, 2)).isEqualTo(overBlack(0));
    assertThat(patch(heat, 0)).isEqualTo(patch(rows.get(0).get(2).picture(), 0));
    assertThat(patch(heat, 0)).isNotIn(overBlack(0), overBlack(1));
    BufferedImage map = rows.get(0).get(1).picture();
    assertThat(patch(map, 5)).isEqualTo(overBlack(1));
    assertThat(patch(map, 6)).isEqualTo(overBlack(0));
  }

  @Test
  void coloursGetLighterWithTheValue() {
    double before = -1;
    for (int i = 0; i <= 20; i++) {
      Color colour = HeatColours.at(i / 20.0);
      double lightness =
          0.2126 * colour.getRed() + 0.7152 * colour.getGreen() + 0.0722 * colour.getBlue();
      assertThat(lightness).isGreaterThan(before);
      before = lightness;
    }
  }

  private static int overBlack(double share) {
    return HeatColours.mix(Color.BLACK, HeatColours.at(share), 0.72).getRGB();
  }

  private static int patch(BufferedImage picture, int patch) {
    return picture.getRGB(patch % 4 * 8 + 4, patch / 4 * 8 + 4);
  }
}
