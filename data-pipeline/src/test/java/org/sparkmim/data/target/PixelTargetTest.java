package org.sparkmim.data.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.data.GoldenTensors;
import org.sparkmim.data.image.Normalisation;

class PixelTargetTest {
  private static final GoldenTensors GOLDEN = GoldenTensors.read("pixel_targets.safetensors");

  @Test
  void equalsTheTargetOfMaeToTheBitWhenPlain() {
    float[] image = GOLDEN.floats("plain/image");
    assertThat(PixelTarget.cells(image, 64, 16, false)).isEqualTo(GOLDEN.floats("plain/target"));
  }

  @Test
  void agreesWithTheNormalisedTargetOfMae() {
    float[] image = GOLDEN.floats("normalised/image");
    float[] golden = GOLDEN.floats("normalised/target");
    float[] yours = PixelTarget.cells(image, 64, 16, true);
    assertThat(GoldenTensors.distance(yours, golden)).isLessThan(1e-7);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 32})
  void agreesWithTheCellsOfLocalMimSwin(int cellSize) {
    float[] cells = GOLDEN.floats("cells/" + cellSize);
    float[] golden = GOLDEN.floats("cell_targets/" + cellSize);
    int length = 3 * cellSize * cellSize;
    for (int from = 0; from < cells.length; from += length) {
      float[] cell = Arrays.copyOfRange(cells, from, from + length);
      float[] yours = PixelTarget.cells(cell, cellSize, cellSize, true);
      float[] theirs = Arrays.copyOfRange(golden, from, from + length);
      assertThat(GoldenTensors.distance(yours, theirs)).isLessThan(2e-7);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8, 16, 48})
  void denormalisedCellsAreTheVeryPictureAgain(int cellSize) {
    byte[] picture = picture(96, 12);
    // One flat cell, whose variance is nothing.
    for (int y = 0; y < 8; y++) {
      Arrays.fill(picture, y * 96, y * 96 + 8, (byte) 200);
    }
    float[] planes = normalised(picture, 96);
    float[] plain = PixelTarget.cells(planes, 96, cellSize, false);
    float[] perCell = PixelTarget.cells(planes, 96, cellSize, true);

    float[] back = PixelTarget.denormalise(perCell, plain, 3 * cellSize * cellSize);

    assertThat(PixelTarget.planes(back, 96, cellSize)).isEqualTo(picture);
    assertThat(PixelTarget.planes(plain, 96, cellSize)).isEqualTo(picture);
  }

  @Test
  void colourBeyondTheScaleIsCutOff() {
    assertThat(Normalisation.toByte(0, 99)).isEqualTo((byte) 255);
    assertThat(Normalisation.toByte(2, -99)).isEqualTo((byte) 0);
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void agreesWithThePlainFormulaAtEveryScale(boolean perCell) {
    int[] cellSizes = {8, 4, 16, 16, 48};
    byte[] picture = picture(96, 11);
    float[] planes = normalised(picture, 96);
    float[][] fromBytes = outputs(96, cellSizes.length, 1);
    float[][] fromFloats = outputs(96, cellSizes.length, 1);
    PixelTarget target = new PixelTarget(96, cellSizes, perCell);
    target.extract(picture, fromBytes, 0);
    target.extract(planes, fromFloats, 0);
    for (int k = 0; k < cellSizes.length; k++) {
      float[] plain = plain(planes, 96, cellSizes[k], perCell);
      assertThat(fromBytes[k]).as("cells of " + cellSizes[k]).containsExactly(plain, within(3e-7f));
      assertThat(fromFloats[k]).isEqualTo(fromBytes[k]);
    }
  }

  @Test
  void scalesNearlyFlatCellsWithoutAmplifyingTheRoundingOfTheirMean() {
    float[] planes = new float[3 * 16 * 16];
    Arrays.fill(planes, 2.1234567f);
    planes[5] = Math.nextUp(planes[5]);
    float[] wanted = plain(planes, 16, 16, true);
    float[] yours = PixelTarget.cells(planes, 16, 16, true);
    assertThat(yours).containsExactly(wanted, within(1e-9f));
    assertThat(yours[15]).as("the pixel that sticks out").isGreaterThan(2e-4f);
  }

  @Test
  void oneImageLeavesNothingBehindForTheNext() {
    int[] cellSizes = {4, 8};
    PixelTarget reused = new PixelTarget(32, cellSizes, true);
    float[][] out = outputs(32, 2, 2);
    reused.extract(picture(32, 1), out, 0);
    reused.extract(picture(32, 2), out, 1);
    float[][] alone = outputs(32, 2, 1);
    new PixelTarget(32, cellSizes, true).extract(picture(32, 2), alone, 0);
    for (int k = 0; k < 2; k++) {
      assertThat(Arrays.copyOfRange(out[k], alone[k].length, out[k].length)).isEqualTo(alone[k]);
    }
  }

  @Test
  void refusesSizesThatDoNotNest() {
    float[] image = new float[3 * 32 * 32];
    assertThatThrownBy(() -> PixelTarget.cells(image, 32, 5, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("divide 32");
    assertThatThrownBy(() -> PixelTarget.cells(image, 16, 4, false))
        .hasMessageContaining("3 planes of 16x16, got 3072");
  }

  private static float[][] outputs(int size, int levels, int samples) {
    return new float[levels][samples * 3 * size * size];
  }

  private static byte[] picture(int size, int seed) {
    byte[] picture = new byte[3 * size * size];
    new Random(seed).nextBytes(picture);
    return picture;
  }

  private static float[] normalised(byte[] picture, int size) {
    float[] planes = new float[picture.length];
    for (int i = 0; i < planes.length; i++) {
      int channel = i / (size * size);
      float value = (picture[i] & 0xff) / 255f;
      planes[i] = (value - Normalisation.mean(channel)) / Normalisation.std(channel);
    }
    return planes;
  }

  /** Number by number, the variance in two passes. */
  private static float[] plain(float[] planes, int size, int cell, boolean perCell) {
    int side = size / cell;
    int dim = 3 * cell * cell;
    float[] out = new float[planes.length];
    for (int i = 0; i < side * side; i++) {
      double[] vector = new double[dim];
      for (int j = 0; j < dim; j++) {
        int y = i / side * cell + j / 3 / cell;
        int x = i % side * cell + j / 3 % cell;
        vector[j] = planes[(j % 3 * size + y) * size + x];
      }
      double mean = Arrays.stream(vector).sum() / dim;
      double squares = Arrays.stream(vector).map(v -> (v - mean) * (v - mean)).sum();
      double scale = 1 / Math.sqrt(squares / (dim - 1) + 1e-6);
      for (int j = 0; j < dim; j++) {
        out[i * dim + j] = (float) (perCell ? (vector[j] - mean) * scale : vector[j]);
      }
    }
    return out;
  }
}
