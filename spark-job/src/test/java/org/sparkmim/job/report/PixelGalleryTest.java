package org.sparkmim.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.data.target.TargetExtractor;
import org.sparkmim.job.round.MinibatchShape;
import org.sparkmim.model.method.ModelSpec;

class PixelGalleryTest {

  private static final int[] VISIBLE = {3, 8, 10, 15};
  private static final byte[] CROP = crop();

  @ParameterizedTest
  @ValueSource(strings = {"true", "false"})
  void perfectPredictionIsThePictureItself(String normalise) {
    ModelSpec spec =
        Specs.of(
            "localmim",
            "model.target.kind",
            "pixels",
            "model.target.normalise",
            normalise,
            "model.taps",
            "[0, 1, 2, 3]");

    List<Tile> tiles = Gallery.of(spec).rows(perfect(spec)).get(0);

    assertThat(tiles)
        .extracting(Tile::caption)
        .containsExactly(
            "original",
            "masked",
            "2 px cells, loss 0.000",
            "4 px cells, loss 0.000",
            "8 px cells, loss 0.000",
            "16 px cells, loss 0.000");
    for (int head = 0; head < 4; head++) {
      assertThat(pixels(tiles.get(2 + head))).isEqualTo(pixels(tiles.get(0)));
    }
  }

  @Test
  void lowFrequenciesHaveATargetThatHiddenPatchesAreMadeOf() {
    ModelSpec spec =
        Specs.of("mae", "model.target.kind", "low-frequency", "model.target.radius", "40");

    List<Tile> tiles = Gallery.of(spec).rows(perfect(spec)).get(0);

    assertThat(tiles)
        .extracting(Tile::caption)
        .containsExactly("original", "masked", "target, low frequencies", "rebuilt, loss 0.000");
    int[] original = pixels(tiles.get(0));
    int[] target = pixels(tiles.get(2));
    int[] rebuilt = pixels(tiles.get(3));
    assertThat(target).isNotEqualTo(original);
    boolean[] visible = perfect(spec).visible(16);
    for (int i = 0; i < rebuilt.length; i++) {
      int patch = i / 32 / 8 * 4 + i % 32 / 8;
      assertThat(rebuilt[i]).isEqualTo(visible[patch] ? original[i] : target[i]);
    }
  }

  @Test
  void hiddenPatchesOfAFlatPredictionHaveTheMeanOfTheirCell() {
    ModelSpec spec = Specs.of("mae");
    Example perfect = perfect(spec);
    Example.Head head = perfect.heads().get(0);
    Example flat =
        new Example(
            "ball",
            CROP,
            VISIBLE,
            List.of(
                new Example.Head(head.target(), new float[head.target().length], head.weights())),
            new float[0]);

    BufferedImage rebuilt = Gallery.of(spec).rows(flat).get(0).get(2).picture();

    assertThat(rebuilt.getRGB(0, 0)).isEqualTo(rebuilt.getRGB(7, 7));
    assertThat(rebuilt.getRGB(0, 0)).isNotEqualTo(rebuilt.getRGB(8, 0));
    assertThat(rebuilt.getRGB(24, 0)).isNotEqualTo(rebuilt.getRGB(31, 7));
  }

  /** An example whose predictions are its targets. */
  private static Example perfect(ModelSpec spec) {
    int[] cellSizes = spec.cellSizes().stream().mapToInt(Integer::intValue).toArray();
    TargetExtractor extractor = MinibatchShape.target(spec, 1).extractor(32, cellSizes);
    float[][] targets = new float[cellSizes.length][3 * 32 * 32];
    extractor.extract(CROP, targets, 0);
    List<Example.Head> heads = new ArrayList<>();
    for (int k = 0; k < cellSizes.length; k++) {
      float[] weights = new float[spec.outputs().get(k).rows()];
      java.util.Arrays.fill(weights, 1);
      heads.add(new Example.Head(targets[k], targets[k], weights));
    }
    return new Example("ball", CROP, VISIBLE, heads, new float[0]);
  }

  private static int[] pixels(Tile tile) {
    return tile.picture().getRGB(0, 0, 32, 32, null, 0, 32);
  }

  private static byte[] crop() {
    byte[] planes = new byte[3 * 32 * 32];
    new Random(4).nextBytes(planes);
    return planes;
  }
}
