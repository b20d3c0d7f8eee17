package org.sparkmim.data.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.data.GoldenTensors;
import org.sparkmim.data.image.Normalisation;

class HogTest {
  private static final int[] SCALES = {4, 8, 16, 32};

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "9|4|1|1|.57582 .75388 .11821 .04244 0 0 .22066 .05572 .18038",
        "9|4|2|5|.16326 .49317 .09603 .25435 .67500 .17312 .22806 .25875 .22728",
        "9|8|1|1|.39613 .58371 .04996 .19788 .38958 .23828 .46002 .17653 .09683",
        "18|8|1|2|.58123 .06062 .27498 .42414 .19257 .04690 .21606 .14441 0 .21836 .09309 0 .21071"
            + " .23542 .11994 .32071 .14209 .05069"
      })
  void matchesThePublishedLayer(int bins, int cellSize, int row, int column, String expected) {
    float[] fromFloats =
        Hog.pyramid(publishedPattern(), 32, 32, new int[] {4, 8}, bins)[cellSize / 8];
    float[] fromBytes =
        Hog.pyramid(bytes(publishedPattern(), 16), 32, 32, new int[] {4, 8}, bins)[cellSize / 8];
    int at = (row * (32 / cellSize) + column) * 3 * bins;
    String[] numbers = expected.split(" ");
    for (int i = 0; i < bins; i++) {
      float wanted = Float.parseFloat(numbers[i]);
      assertThat(fromFloats[at + i]).as("float, bin " + i).isCloseTo(wanted, within(6e-6f));
      assertThat(fromBytes[at + i]).as("8 bit, bin " + i).isCloseTo(wanted, within(6e-6f));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1,0,4,9",
    "0,1,0,0",
    "1,1,2,4",
    "1,-1,6,13",
    "-1,0,4,9",
    "0,-1,0,0",
    "-1,-1,2,4",
    "-1,1,6,13"
  })
  void putsARampIntoOneBin(int dx, int dy, int binOf9, int binOf18) {
    float[] ramp = image((x, y) -> 40 + dx * x + dy * y);
    // The border is mirrored, so only inner cells see a pure ramp.
    int inner = 5;
    for (int bins : new int[] {9, 18}) {
      int wanted = bins == 9 ? binOf9 : binOf18;
      for (float[] cells :
          new float[][] {
            Hog.pyramid(ramp, 32, 32, new int[] {8}, bins)[0],
            Hog.pyramid(bytes(ramp, 1), 32, 32, new int[] {8}, bins)[0]
          }) {
        for (int bin = 0; bin < bins; bin++) {
          assertThat(cells[inner * 3 * bins + bin]).isEqualTo(bin == wanted ? 1f : 0f);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 6, 8, 9, 12, 18, 36})
  void binsEveryPossibleEightBitGradientAsExactArithmeticDoes(int bins) {
    BinBoundaries boundaries = BinBoundaries.of(bins);
    for (int a = 0; a <= 1020; a++) {
      for (int b = a == 0 ? 1 : -1020; b <= 1020; b++) {
        double turns = Math.atan2(a, b) / Math.PI * bins;
        // Apart from exact multiples of 45 degrees no 8-bit gradient comes this near a boundary.
        boolean onBoundary = Math.abs(turns - Math.rint(turns)) < 1e-9;
        int exact = (int) (onBoundary ? Math.rint(turns) : Math.floor(turns)) % bins;
        int reached = 0;
        for (int k = 0; k < bins - 1; k++) {
          int cross = a * boundaries.integerCosine()[k] - b * boundaries.integerSine()[k];
          reached += cross >= 0 ? 1 : 0;
        }
        if (reached != exact) {
          assertThat(reached).as("bin of a=%d, b=%d of %d", a, b, bins).isEqualTo(exact);
        }
      }
    }
  }

  @Test
  void agreesWithThePlainFormulaOnRandomPictures() {
    for (int seed = 0; seed < 5; seed++) {
      byte[] picture = new byte[3 * 32 * 32];
      new Random(seed).nextBytes(picture);
      float[] floats = new float[picture.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (picture[i] & 0xff) / 255f;
      }
      for (int bins : new int[] {9, 18}) {
        float[][] fromBytes = Hog.pyramid(picture, 32, 32, SCALES, bins);
        for (int k = 0; k < SCALES.length; k++) {
          float[] plain = PlainHog.cells(picture, 32, SCALES[k], bins);
          assertThat(fromBytes[k]).as("seed %d", seed).containsExactly(plain, within(1e-6f));
        }
      }
      float[][] exact = Hog.pyramid(picture, 32, 32, SCALES, 9);
      float[][] fromFloats = Hog.pyramid(floats, 32, 32, SCALES, 9);
      for (int k = 0; k < SCALES.length; k++) {
        assertThat(relativeDistance(fromFloats[k], exact[k])).isLessThan(0.08);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"64,4", "96,8", "224,4", "30,1", "52,26", "12,12"})
  void doesNotDependOnHowManyRowsAreTakenAtATime(int size, int finest) {
    byte[] picture = new byte[3 * size * size];
    new Random(size).nextBytes(picture);
    float[] cells = Hog.pyramid(picture, size, size, new int[] {finest}, 9)[0];
    assertThat(cells).containsExactly(PlainHog.cells(picture, size, finest, 9), within(1e-6f));
  }

  @Test
  void oneImageLeavesNothingBehindForTheNext() {
    byte[] first = new byte[3 * 32 * 32];
    byte[] second = new byte[3 * 32 * 32];
    new Random(1).nextBytes(first);
    new Random(2).nextBytes(second);
    HogPyramid reused = new HogPyramid(32, 32, SCALES, 9);
    float[][] out = new float[SCALES.length][];
    for (int k = 0; k < SCALES.length; k++) {
      out[k] = new float[2 * reused.cells(k) * 27];
    }
    reused.extract(first, out, 0);
    reused.extract(second, out, 1);
    float[][] alone = Hog.pyramid(second, 32, 32, SCALES, 9);
    for (int k = 0; k < SCALES.length; k++) {
      assertThat(Arrays.copyOfRange(out[k], alone[k].length, out[k].length)).isEqualTo(alone[k]);
    }
  }

  @Test
  void nestedCellsEqualCellsComputedAlone() {
    float[] picture = publishedPattern();
    float[][] together = Hog.pyramid(picture, 32, 32, SCALES, 9);
    for (int k = 0; k < SCALES.length; k++) {
      float[] alone = Hog.pyramid(picture, 32, 32, new int[] {SCALES[k]}, 9)[0];
      assertThat(together[k]).containsExactly(alone, within(1e-6f));
    }
  }

  @Test
  void leavesFlatCellsAtZeroAndGivesThemOneFixedBinWithABias() {
    float[] flat = image((x, y) -> 0.9f);
    assertThat(Hog.pyramid(flat, 32, 32, new int[] {8}, 9)[0]).containsOnly(0f);
    float[] biased = Hog.cells(flat, 32, 32, 8, 9, -0.2, 0.1);
    double theta = Math.atan2(-0.2, 0.1);
    int bin = Math.floorMod((int) Math.floor(theta / Math.PI * 9), 9);
    for (int i = 0; i < biased.length; i++) {
      assertThat(biased[i]).isEqualTo(i % 9 == bin ? 1f : 0f);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 32})
  void agreesWithThePublishedLayerUnderABias(int cellSize) {
    GoldenTensors golden = GoldenTensors.read("hog_bias.safetensors");
    float[] wanted = golden.floats("cells/" + cellSize);
    float[] slack = golden.floats("slack/" + cellSize);
    float[] bias = golden.floats("bias");
    TargetKind.HogCells kind =
        new TargetKind.HogCells(18, List.of(new GradientBias(bias[0], bias[1])));
    float[][] out = new float[1][wanted.length];
    kind.extractor(224, new int[] {cellSize}).extract(golden.unsigned("image"), out, 0);
    for (int at = 0; at < wanted.length; at += 18) {
      double squares = 0;
      for (int i = at; i < at + 18; i++) {
        squares += (out[0][i] - wanted[i]) * (out[0][i] - wanted[i]);
      }
      assertThat(Math.sqrt(squares))
          .as("cell and channel %d", at / 18)
          .isLessThanOrEqualTo(1e-5 + slack[at / 18]);
    }
  }

  @Test
  void drawsABiasForEveryTapFromTheSeedAlone() {
    List<GradientBias> biases = TargetKind.HogCells.biased(9, 200, 5).biases();
    assertThat(biases).doesNotHaveDuplicates().hasSize(200);
    for (GradientBias bias : biases) {
      assertThat(bias.a()).isBetween(-1 / 3f, 1 / 3f);
      assertThat(bias.b()).isBetween(-1 / 3f, 1 / 3f);
    }
    assertThat(biases.stream().mapToDouble(GradientBias::a).max().orElseThrow()).isGreaterThan(0.3);
    assertThat(TargetKind.HogCells.biased(18, 4, 5).biases()).isEqualTo(biases.subList(0, 4));
    assertThat(TargetKind.HogCells.biased(9, 4, 6).biases()).doesNotContainAnyElementsOf(biases);
  }

  @Test
  void givesEveryTapItsOwnBias() {
    byte[] picture = new byte[3 * 32 * 32];
    new Random(4).nextBytes(picture);
    float[] normalised = new float[picture.length];
    Normalisation.of(picture, normalised);
    int[] cellSizes = {8, 16, 16};
    TargetKind.HogCells kind = TargetKind.HogCells.biased(9, 3, 8);
    float[][] out = {new float[16 * 27], new float[4 * 27], new float[4 * 27]};
    kind.extractor(32, cellSizes).extract(picture, out, 0);
    for (int k = 0; k < 3; k++) {
      GradientBias bias = kind.biases().get(k);
      float[] alone = Hog.cells(normalised, 32, 32, cellSizes[k], 9, bias.a(), bias.b());
      assertThat(out[k]).containsExactly(alone, within(1e-6f));
    }
    assertThat(relativeDistance(out[1], out[2])).isGreaterThan(0.01);
  }

  @Test
  void putsTheMirroredSideBordersIntoTheFirstBin() {
    float[] noise = new float[3 * 16 * 16];
    Random random = new Random(3);
    for (int i = 0; i < noise.length; i++) {
      noise[i] = random.nextFloat();
    }
    float[] perPixel = Hog.pyramid(noise, 16, 16, new int[] {1}, 9)[0];
    // In the corners the gradient is zero altogether.
    for (int y = 1; y < 15; y++) {
      assertThat(perPixel[y * 16 * 27]).as("left border, row %d", y).isEqualTo(1f);
      assertThat(perPixel[(y * 16 + 15) * 27]).as("right border, row %d", y).isEqualTo(1f);
    }
  }

  @Test
  void refusesSizesThatDoNotNest() {
    float[] image = new float[3 * 32 * 32];
    assertThatThrownBy(() -> Hog.pyramid(image, 32, 32, new int[] {5}, 9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("divide 32x32");
    assertThatThrownBy(() -> Hog.pyramid(image, 16, 32, new int[] {4}, 9))
        .hasMessageContaining("3 planes of 16x32");
    assertThatThrownBy(() -> Hog.pyramid(image, 32, 32, new int[] {4}, 1))
        .hasMessageContaining("2 to 64 bins");
  }

  private interface Intensity {
    float at(int x, int y);
  }

  private static float[] image(Intensity intensity) {
    float[] planes = new float[3 * 32 * 32];
    for (int i = 0; i < planes.length; i++) {
      planes[i] = intensity.at(i % 32, i / 32 % 32);
    }
    return planes;
  }

  private static float[] publishedPattern() {
    return image((x, y) -> (3 * x * x + 5 * y + 7 * x * y) % 17 / 16f);
  }

  private static byte[] bytes(float[] image, int scale) {
    byte[] bytes = new byte[image.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Math.round(image[i] * scale);
    }
    return bytes;
  }

  private static double relativeDistance(float[] one, float[] other) {
    double squares = 0;
    double norm = 0;
    for (int i = 0; i < one.length; i++) {
      squares += (one[i] - other[i]) * (one[i] - other[i]);
      norm += other[i] * other[i];
    }
    return Math.sqrt(squares / norm);
  }
}
