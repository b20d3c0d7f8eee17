package org.sparkmim.data.image;

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

/** A middling crop of a picture of 224 pixels, and what follows the crop. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ResamplerBenchmark {
  private static final int PICTURE = 224;
  private static final int PATCH = 16;
  private static final CropBox BOX = new CropBox(20, 11, 186, 160);

  @Param({"64", "128", "224"})
  private int size;

  private final Resampler resampler = new Resampler();
  private Raster picture;
  private byte[] planes;
  private float[] patches;

  @Setup
  public void picture() {
    SplittableRandom random = new SplittableRandom(1);
    byte[] rgb = new byte[3 * PICTURE * PICTURE];
    random.nextBytes(rgb);
    picture = new Pixels(rgb);
    planes = new byte[3 * size * size];
    patches = new float[3 * size * size / 4];
  }

  @Benchmark
  public byte[] crop() {
    resampler.crop(picture, BOX, size, false, planes);
    return planes;
  }

  /** A quarter of all patches. */
  @Benchmark
  public float[] patchify() {
    int tokens = patches.length / (3 * PATCH * PATCH);
    for (int k = 0; k < tokens; k++) {
      Patches.write(planes, size, PATCH, 4 * k, patches, k * 3 * PATCH * PATCH);
    }
    return patches;
  }

  private record Pixels(byte[] rgb) implements Raster {
    @Override
    public int width() {
      return PICTURE;
    }

    @Override
    public int height() {
      return PICTURE;
    }

    @Override
    public void read(int y, int x, int count, byte[] into) {
      System.arraycopy(rgb, 3 * (y * PICTURE + x), into, 0, 3 * count);
    }
  }
}
