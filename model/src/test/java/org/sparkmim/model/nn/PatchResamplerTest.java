package org.sparkmim.model.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PatchResamplerTest {
  private static final double ROUNDING = 2e-6;

  /** Numbers of PyTorch 2.13's {@code interpolate(.., mode="bicubic", align_corners=False)}. */
  @Test
  void isPyTorchsBicubicInterpolation() {
    float[] smaller = resampled(8, 7);
    assertThat(at(smaller, 7, 0, 0, 0)).isCloseTo(0.063581354, within(ROUNDING));
    assertThat(at(smaller, 7, 0, 0, 13)).isCloseTo(0.506180763, within(ROUNDING));
    assertThat(at(smaller, 7, 1, 3, 5)).isCloseTo(0.628893857, within(ROUNDING));
    assertThat(at(smaller, 7, 2, 7, 6)).isCloseTo(0.418684737, within(ROUNDING));
    assertThat(at(smaller, 7, 2, 13, 13)).isCloseTo(0.338543357, within(ROUNDING));
    assertThat(sum(smaller)).isCloseTo(280.2700434583, within(1e-4));
    float[] larger = resampled(4, 6);
    assertThat(at(larger, 6, 0, 0, 0)).isCloseTo(-0.10921614, within(ROUNDING));
    assertThat(at(larger, 6, 1, 3, 5)).isCloseTo(0.151905703, within(ROUNDING));
    assertThat(at(larger, 6, 2, 6, 5)).isCloseTo(0.720991689, within(ROUNDING));
    assertThat(sum(larger)).isCloseTo(205.7941226114, within(1e-4));
  }

  @Test
  void ofTheSameSizeEveryImageStaysAsItIs() {
    float[] patches = new float[2 * 9 * 3 * 4 * 4];
    Random random = new Random(1);
    for (int i = 0; i < patches.length; i++) {
      patches[i] = random.nextFloat();
    }
    float[] out = new float[patches.length];
    new PatchResampler(3, 4, 4).resample(patches, 2, out);
    assertThat(out).isEqualTo(patches);
  }

  /** Of an image of 2 x 2 patches with {@code ((31 c + 7 r + 13 k + (r k mod 5)) mod 17) / 17}. */
  private static float[] resampled(int oldPatch, int newPatch) {
    float[] patches = new float[4 * 3 * oldPatch * oldPatch];
    for (int c = 0; c < 3; c++) {
      for (int r = 0; r < 2 * oldPatch; r++) {
        for (int k = 0; k < 2 * oldPatch; k++) {
          patches[place(oldPatch, c, r, k)] = (31 * c + 7 * r + 13 * k + r * k % 5) % 17 / 17f;
        }
      }
    }
    float[] out = new float[4 * 3 * newPatch * newPatch];
    new PatchResampler(2, oldPatch, newPatch).resample(patches, 1, out);
    return out;
  }

  private static double at(float[] patches, int patch, int channel, int row, int column) {
    return patches[place(patch, channel, row, column)];
  }

  private static int place(int patch, int channel, int row, int column) {
    int token = row / patch * 2 + column / patch;
    return ((token * 3 + channel) * patch + row % patch) * patch + column % patch;
  }

  private static double sum(float[] numbers) {
    double sum = 0;
    for (float number : numbers) {
      sum += number;
    }
    return sum;
  }
}
