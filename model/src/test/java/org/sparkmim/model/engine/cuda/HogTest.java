package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkmim.model.Network;
import org.sparkmim.model.RandomBatch;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.HogTargets;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.reference.ReferenceEngine;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.method.MimModel;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.Predicted;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.LayerDecay;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.Updates;

/** Histograms of oriented gradients on an emulated device, against the reference. */
class HogTest {
  private static final int CHANNELS = 3;

  /**
   * Bins agree, so what is left is float32. Of cells of up to 32 pixels a side, a lane adds up a
   * column or two, at most 32 pixels, in larger ones all columns that are left: so many additions,
   * then five over the lanes, and a few operations more; both the sum and the norm below it have
   * such an error.
   */
  private static double rounding(int cell) {
    int pixels = cell <= 32 ? 32 : cell * (cell / 32 + 1);
    return 2 * (pixels + 5 + 3) * 0x1p-24;
  }

  /** Histograms of cells of one pixel have a number in the pixel's bin and zeros elsewhere. */
  @ParameterizedTest
  @CsvSource({"9, 0, 0", "18, -5.8, 2.9", "2, 0, 0", "64, 0.25, -0.5"})
  void everyPixelIsInTheBinOfTheReference(int bins, double biasA, double biasB) {
    int size = 64;
    int[] table = directions(bins, biasA, biasB);
    byte[] images = concat(random(size, 1), black(size), checkers(size), edges(size));
    float[] expected = targets(new ReferenceEngine(), images, size, 1, table);
    float[] actual = targets(new EmulatedEngine(), images, size, 1, table);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i] > 0).as("number %d", i).isEqualTo(expected[i] > 0);
    }
    assertThat(farthest(actual, expected)).isLessThan(rounding(1));
  }

  @ParameterizedTest
  @CsvSource({
    "32, 4, 9",
    "32, 32, 9",
    "36, 6, 18",
    "42, 7, 9",
    "56, 28, 18",
    "64, 8, 64",
    "96, 3, 9",
    "128, 2, 18",
    "224, 4, 9",
    "224, 8, 18",
    "224, 16, 9",
    "224, 32, 18",
    "256, 128, 9"
  })
  void cellsOfEverySizeAreThoseOfTheReference(int size, int cell, int bins) {
    byte[] images = concat(random(size, 7), edges(size));
    for (int[] table : List.of(directions(bins, 0, 0), directions(bins, 3.3, -9.1))) {
      float[] expected = targets(new ReferenceEngine(), images, size, cell, table);
      float[] actual = targets(new EmulatedEngine(), images, size, cell, table);
      assertThat(farthest(actual, expected)).isLessThan(rounding(cell));
    }
  }

  @Test
  void flatCellsAreZeroAndWithABiasHaveOneDirection() {
    byte[] grey = new byte[CHANNELS * 32 * 32];
    Arrays.fill(grey, (byte) 200);
    assertThat(targets(new EmulatedEngine(), grey, 32, 8, directions(9, 0, 0))).containsOnly(0);
    float[] biased = targets(new EmulatedEngine(), grey, 32, 8, directions(9, 3, -1));
    for (int at = 0; at < biased.length; at += 9) {
      float[] histogram = Arrays.copyOfRange(biased, at, at + 9);
      Arrays.sort(histogram);
      assertThat(histogram).startsWith(0, 0, 0, 0, 0, 0, 0, 0);
      assertThat(histogram[8]).isCloseTo(1, within(1e-6f));
    }
  }

  @ParameterizedTest
  @EnumSource
  void bitsAreThoseOfAnyOrderOfThreadsAndAnyPrecision(Precision precision) {
    byte[] images = concat(random(32, 3), checkers(32));
    int[] table = directions(9, 0, 0);
    Engine backwards = new EmulatedEngine(true, AttentionKernels.MOST_SCORES);
    assertThat(targets(backwards, precision, images, 32, 8, table))
        .isEqualTo(targets(new EmulatedEngine(), Precision.F32, images, 32, 8, table));
  }

  @ParameterizedTest
  @EnumSource
  void stepsWithMadeTargetsAreThoseWithWrittenOnes(Precision precision) {
    double[][] written = losses(new EmulatedEngine(), precision, false);
    double[][] made = losses(new EmulatedEngine(), precision, true);
    for (int step = 0; step < written.length; step++) {
      for (int k = 0; k < written[step].length; k++) {
        // In bf16 an ulp of a target can turn the rounding of a gradient.
        double bound = precision == Precision.F32 ? 1e-6 : 1e-3;
        assertThat(made[step][k]).isCloseTo(written[step][k], within(bound * written[step][k]));
      }
    }
    assertThat(made[made.length - 1][0]).isLessThan(made[0][0]);
  }

  /** Of steps of a small LocalMIM; written targets are those of the reference. */
  static double[][] losses(Engine engine, Precision precision, boolean made) {
    ModelSpec spec = TrainingRun.SPEC;
    int batch = TrainingRun.BATCH;
    MimModel model = spec.method().build(spec, batch, Predicted.HIDDEN);
    ParameterLayout layout = ParameterLayout.of(model.graph(), spec.undecayed());
    int[] table = directions(spec.target().bins(), 0, 0);
    List<HogTargets.Tap> taps = new ArrayList<>();
    for (int k = 0; k < spec.outputs().size(); k++) {
      taps.add(new HogTargets.Tap(model.heads().get(k).target(), spec.cellSizes().get(k), table));
    }
    double[][] losses = new double[TrainingRun.STEPS][];
    try (ParameterVectors state = ParameterVectors.allocate(layout.size());
        Program program =
            engine.compile(model.graph(), state, new Engine.Options(true, false, precision))) {
      Network.initialise(layout, state, 7);
      Updates updates =
          program.updates(Updates.Range.of(layout.entries(), LayerDecay.none())).orElseThrow();
      HogTargets maker = program.hogTargets(spec.imageSize(), taps).orElseThrow();
      for (int step = 0; step < losses.length; step++) {
        byte[] images = new byte[batch * CHANNELS * spec.imageSize() * spec.imageSize()];
        new Random(step).nextBytes(images);
        if (made) {
          maker.write(images);
        }
        RandomBatch masks = RandomBatch.draw(spec, batch, step);
        model.inputs().write(program, masks.patches(), masks.keepIds(), masks.restoreIds());
        for (int k = 0; k < taps.size(); k++) {
          HogTargets.Tap tap = taps.get(k);
          if (!made) {
            int size = spec.imageSize();
            program.write(
                tap.target(), targets(new ReferenceEngine(), images, size, tap.cellSize(), table));
          }
          masks.weights()[k][0] = 1;
          program.write(model.heads().get(k).weight(), masks.weights()[k]);
        }
        program.forward();
        losses[step] = model.graph().losses().stream().mapToDouble(program::scalar).toArray();
        program.backward();
        updates.apply(Optimizer.AdamW.published(), 1e-3, step + 1L);
      }
    }
    return losses;
  }

  private static float[] targets(Engine engine, byte[] images, int size, int cell, int[] table) {
    return targets(engine, Precision.F32, images, size, cell, table);
  }

  /** Of a network that has nothing but the target of a head. */
  private static float[] targets(
      Engine engine, Precision precision, byte[] images, int size, int cell, int[] table) {
    int batch = images.length / (CHANNELS * size * size);
    int cells = (size / cell) * (size / cell);
    int width = table.length / CHANNELS;
    GraphBuilder builder = new GraphBuilder();
    Value prediction = builder.input("prediction", batch, cells, width);
    Value target = builder.input("target", batch, cells, width);
    builder.maskedMse(prediction, target, builder.input("weight", batch, cells));
    Graph graph = builder.build();
    try (ParameterVectors state = ParameterVectors.allocate(0);
        Program program =
            engine.compile(graph, state, new Engine.Options(false, false, precision))) {
      HogTargets made =
          program.hogTargets(size, List.of(new HogTargets.Tap(target, cell, table))).orElseThrow();
      float[] numbers = new float[(int) target.size()];
      // Twice: the second time they are replayed, and find what the first left.
      made.write(new byte[images.length]);
      made.write(images);
      program.read(target, numbers);
      return numbers;
    }
  }

  /** Boundaries at equal angles, as the loaders have them; biases in 8-bit pixels. */
  static int[] directions(int bins, double biasA, double biasB) {
    List<Integer> table = new ArrayList<>();
    for (int channel = 0; channel < CHANNELS; channel++) {
      table.addAll(List.of(fixed(biasA), fixed(biasB), 0));
      for (int k = 1; k < bins; k++) {
        double cosine = Math.cos(k * Math.PI / bins);
        double sine = Math.sin(k * Math.PI / bins);
        table.addAll(List.of(fixed(cosine), fixed(sine), fixed(biasA * cosine - biasB * sine)));
      }
    }
    return table.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int fixed(double number) {
    return (int) Math.rint(number * HogTargets.ONE);
  }

  private static byte[] random(int size, long seed) {
    byte[] pixels = new byte[CHANNELS * size * size];
    new Random(seed).nextBytes(pixels);
    return pixels;
  }

  private static byte[] black(int size) {
    return drawn(size, (y, x) -> 0);
  }

  /** The largest gradients that there are. */
  private static byte[] checkers(int size) {
    return drawn(size, (y, x) -> (y / 2 + x / 2) % 2 * 255);
  }

  /** Vertical, horizontal and diagonal ones: on the boundaries between bins. */
  private static byte[] edges(int size) {
    return drawn(
        size, (y, x) -> y < size / 4 ? x % 8 * 30 : x < size / 4 ? y % 8 * 30 : (x + y) % 32);
  }

  private static byte[] drawn(int size, IntBinaryOperator picture) {
    byte[] pixels = new byte[CHANNELS * size * size];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) picture.applyAsInt(i / size % size, i % size);
    }
    return pixels;
  }

  private static byte[] concat(byte[]... images) {
    byte[] all = new byte[Arrays.stream(images).mapToInt(image -> image.length).sum()];
    int at = 0;
    for (byte[] image : images) {
      System.arraycopy(image, 0, all, at, image.length);
      at += image.length;
    }
    return all;
  }

  private static double farthest(float[] actual, float[] expected) {
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs((double) actual[i] - expected[i]));
    }
    return worst;
  }
}
