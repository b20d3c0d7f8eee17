package org.sparkmim.job.plan;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.job.MimException;
import org.sparkmim.job.bench.DataBench;
import org.sparkmim.job.bench.StepBench;
import org.sparkmim.job.bench.Timing;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.round.MinibatchShape;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

/** Measures a {@link Pace} on this machine: some steps, some images, a copy, a file. */
public final class PaceProbe {
  private static final int WARM_UP_STEPS = 2;
  private static final int STEPS = 5;
  private static final Timing LOADING = new Timing(2, 1, 2);
  private static final int PROBE_BYTES = 64 << 20;
  private static final int COPIES = 8;

  private final Recipe recipe;

  /** Measures what that recipe does. */
  public PaceProbe(Recipe recipe) {
    this.recipe = recipe;
  }

  /**
   * Takes the time, some ten seconds.
   *
   * @param dataset whose images are loaded; without it, loading counts nothing
   * @param linkBytesPerSecond of a network; not measured
   */
  public Pace measure(Optional<Dataset> dataset, double linkBytesPerSecond) {
    ModelSpec spec = ModelSpec.from(recipe.section("model"));
    TrainSettings train = TrainSettings.from(recipe.section("train"));
    EngineSpec engine = EngineSpec.from(recipe.section("engine"));
    // Loading first: its buffers are gone when the network takes its memory.
    double load = dataset.map(each -> 1 / loading(each, spec, engine, train)).orElse(0.0);
    double images =
        new StepBench(spec, engine, train.batch()).run(WARM_UP_STEPS, STEPS).imagesPerSecond();
    return new Pace(
        Runtime.getRuntime().availableProcessors(),
        1 / images,
        load,
        copying(),
        linkBytesPerSecond,
        committing());
  }

  private double loading(Dataset dataset, ModelSpec spec, EngineSpec engine, TrainSettings train) {
    return new DataBench(
            dataset,
            MinibatchShape.of(spec, train.seed(), engine),
            train.batch(),
            Augmentation.from(recipe.section("data")),
            train.seed())
        .run(LOADING)
        .imagesPerSecond();
  }

  /** Bytes a second of one core, between arrays that no cache holds. */
  private static double copying() {
    byte[] from = new byte[PROBE_BYTES];
    byte[] to = new byte[PROBE_BYTES];
    System.arraycopy(from, 0, to, 0, PROBE_BYTES);
    long begin = System.nanoTime();
    for (int i = 0; i < COPIES; i++) {
      System.arraycopy(i % 2 == 0 ? from : to, 0, i % 2 == 0 ? to : from, 0, PROBE_BYTES);
    }
    return rate((long) COPIES * PROBE_BYTES, begin);
  }

  /** Bytes a second, hashed and on the device of the temporary folder. */
  private static double committing() {
    byte[] bytes = new byte[PROBE_BYTES];
    Path file = null;
    try {
      file = Files.createTempFile("mim-plan", ".probe");
      long begin = System.nanoTime();
      MessageDigest.getInstance("SHA-256").digest(bytes);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        channel.force(true);
      }
      return rate(PROBE_BYTES, begin);
    } catch (IOException e) {
      throw MimException.failed(
          "Cannot write a file of "
              + (PROBE_BYTES >> 20)
              + " MiB to the temporary folder: "
              + e.getMessage()
              + ". Free space there, or plan with --no-timing.",
          e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    } finally {
      delete(file);
    }
  }

  private static void delete(Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // A temporary file more.
    }
  }

  private static double rate(long bytes, long begin) {
    return bytes * 1e9 / (System.nanoTime() - begin);
  }
}
