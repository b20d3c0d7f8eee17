package org.sparkmim.data.target;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Targets of one image: of every kind at the scales of LocalMIM, and of pixels at MAE's alone. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TargetBenchmark {
  @Param({"64", "128", "224"})
  private int size;

  @Param({"hog", "biased-hog", "pixels", "normalised-pixels", "mae", "pixmim"})
  private String kind;

  private TargetExtractor target;
  private byte[] planes;
  private float[][] targets;

  /** Neighbouring pixels alike, as in photographs. */
  @Setup
  public void picture() {
    SplittableRandom random = new SplittableRandom(1);
    planes = new byte[3 * size * size];
    int level = 128;
    for (int i = 0; i < planes.length; i++) {
      level = Math.max(0, Math.min(255, level + random.nextInt(-8, 9)));
      planes[i] = (byte) level;
    }
    int[] cellSizes =
        kind.equals("mae") || kind.equals("pixmim") ? new int[] {16} : new int[] {4, 8, 16, 32};
    TargetKind wanted = kind();
    target = wanted.extractor(size, cellSizes);
    targets = new float[cellSizes.length][];
    for (int k = 0; k < targets.length; k++) {
      int side = size / cellSizes[k];
      targets[k] = new float[side * side * wanted.dim(cellSizes[k])];
    }
  }

  private TargetKind kind() {
    return switch (kind) {
      case "hog" -> new TargetKind.HogCells(9);
      case "biased-hog" -> TargetKind.HogCells.biased(18, 4, 1);
      case "pixels" -> new TargetKind.Pixels(false);
      case "normalised-pixels", "mae" -> new TargetKind.Pixels(true);
      case "pixmim" -> new TargetKind.LowFrequencyPixels(40, true);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  @Benchmark
  public float[][] targets() {
    target.extract(planes, targets, 0);
    return targets;
  }
}
