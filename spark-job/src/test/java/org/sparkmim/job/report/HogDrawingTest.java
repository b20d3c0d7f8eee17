package org.sparkmim.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HogDrawingTest {

  /**
   * Bins of the ramps {@code I = dx x + dy y}, from the definition of the target (9 and 18 bins).
   */
  @ParameterizedTest(name = "ramp ({0}, {1}) of {2} bins falls in bin {3}")
  @CsvSource({
    "1, 0, 9, 4", "0, 1, 9, 0", "1, 1, 9, 2", "1, -1, 9, 6",
    "1, 0, 18, 9", "0, 1, 18, 0", "1, 1, 18, 4", "1, -1, 18, 13",
  })
  void edgeIsPerpendicularToTheRamp(double dx, double dy, int bins, int bin) {
    double[] edge = HogDrawing.edge(bin, bins);

    double cosine = (edge[0] * dx + edge[1] * dy) / Math.hypot(dx, dy);
    // A bin's middle is at most half a bin away from any gradient in it.
    assertThat(Math.abs(cosine)).isLessThanOrEqualTo(Math.sin(Math.PI / bins / 2) + 1e-12);
    assertThat(Math.hypot(edge[0], edge[1])).isCloseTo(1, within(1e-12));
  }

  @Test
  void strokeOfAHorizontalRampIsUpright() {
    BufferedImage drawn = new HogDrawing(9, 90).draw(oneBin(4), 1, new boolean[1]);

    assertThat(dark(drawn, 45, 10)).isTrue();
    assertThat(dark(drawn, 45, 80)).isTrue();
    assertThat(dark(drawn, 10, 45)).isFalse();
    assertThat(dark(drawn, 80, 45)).isFalse();
  }

  @Test
  void strokeOfADiagonalRampClimbsToTheRight() {
    // I = x + y grows to the lower right, so its edge runs from the lower left to the upper right.
    BufferedImage drawn = new HogDrawing(18, 90).draw(oneBin18(4), 1, new boolean[1]);

    assertThat(darkNear(drawn, 68, 21)).isTrue();
    assertThat(darkNear(drawn, 21, 68)).isTrue();
    assertThat(darkNear(drawn, 21, 21)).isFalse();
    assertThat(darkNear(drawn, 68, 68)).isFalse();
  }

  @Test
  void visibleCellsAreTintedAndNegativePredictionsLeaveNoStroke() {
    float[] cells = new float[2 * 2 * 27];
    java.util.Arrays.fill(cells, -1);
    BufferedImage drawn =
        new HogDrawing(9, 40).draw(cells, 2, new boolean[] {true, false, false, false});

    assertThat(drawn.getRGB(10, 10)).isNotEqualTo(drawn.getRGB(30, 10));
    assertThat(drawn.getRGB(30, 10) & 0xFFFFFF).isEqualTo(0xFFFFFF);
    assertThat(drawn.getRGB(10, 30) & 0xFFFFFF).isEqualTo(0xFFFFFF);
    assertThat(IntStream.range(0, 1600).map(i -> drawn.getRGB(i % 40, i / 40)).distinct().count())
        .isEqualTo(2);
  }

  private static float[] oneBin(int bin) {
    float[] cells = new float[27];
    for (int channel = 0; channel < 3; channel++) {
      cells[channel * 9 + bin] = 1;
    }
    return cells;
  }

  private static float[] oneBin18(int bin) {
    float[] cells = new float[54];
    for (int channel = 0; channel < 3; channel++) {
      cells[channel * 18 + bin] = 1;
    }
    return cells;
  }

  private static boolean darkNear(BufferedImage picture, int x, int y) {
    return IntStream.rangeClosed(-3, 3).anyMatch(d -> dark(picture, x + d, y));
  }

  private static boolean dark(BufferedImage picture, int x, int y) {
    return (picture.getRGB(x, y) >> 8 & 0xFF) < 128;
  }
}
