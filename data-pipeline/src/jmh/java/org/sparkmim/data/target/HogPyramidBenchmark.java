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

/** Histograms of one image at the four scales of LocalMIM with patches of 16 pixels. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HogPyramidBenchmark {
  private static final int[] CELL_SIZES = {4, 8, 16, 32};
  private static final int BINS = 9;

  @Param({"64", "128", "224"})
  private int size;

  private HogPyramid pyramid;
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
    pyramid = new HogPyramid(size, size, CELL_SIZES, BINS);
    targets = new float[CELL_SIZES.length][];
    for (int k = 0; k < targets.length; k++) {
      targets[k] = new float[pyramid.cells(k) * 3 * BINS];
    }
  }

  @Benchmark
  public float[][] targets() {
    pyramid.extract(planes, targets, 0);
    return targets;
  }
}
