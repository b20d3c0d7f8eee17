package org.sparkmim.job.bench;

import com.typesafe.config.Config;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.data.ingest.Ingest;
import org.sparkmim.data.ingest.IngestSettings;
import org.sparkmim.job.MimException;
import org.sparkmim.job.cli.SparkSessions;
import org.sparkmim.job.demo.DemoImages;

/** A dataset of drawn photographs in a temporary directory, which goes when it is closed. */
public final class BenchPictures implements AutoCloseable {
  private static final int COUNT = 96;
  private static final int LARGEST = 2048;
  private static final long SEED = 1;

  private final Path directory;

  private BenchPictures(Path directory) {
    this.directory = directory;
  }

  /**
   * Draws square JPEG pictures and ingests them.
   *
   * @param size side of a picture in pixels, 16 to 2048
   * @param data the recipe's section {@code data}
   * @throws MimException (usage) for another size, or when nothing can be written
   */
  public static BenchPictures draw(int size, Config data) {
    if (size < 16 || size > LARGEST) {
      throw MimException.usage("--picture-size must be 16 to " + LARGEST + " pixels, got " + size);
    }
    try {
      BenchPictures pictures = new BenchPictures(Files.createTempDirectory("mim-bench-"));
      pictures.write(size, data);
      return pictures;
    } catch (IOException e) {
      throw MimException.usage(
          "Cannot write pictures to "
              + System.getProperty("java.io.tmpdir")
              + ": "
              + e.getMessage()
              + ". Free space there, or name a dataset with --data.",
          e);
    }
  }

  /** Address of the dataset. */
  public String uri() {
    return directory.resolve("dataset").toUri().toString();
  }

  private void write(int size, Config data) throws IOException {
    Path files = Files.createDirectory(directory.resolve("files"));
    try {
      IntStream.range(0, COUNT).parallel().forEach(i -> write(files, i, size));
    } catch (UncheckedIOException e) {
      close();
      throw e.getCause();
    }
    SparkSession spark = SparkSessions.open("mim bench data", Optional.empty(), 1);
    try {
      Ingest.run(spark, IngestSettings.from(data, files.toUri().toString(), uri()));
    } catch (RuntimeException e) {
      close();
      throw e;
    } finally {
      spark.stop();
    }
  }

  private static void write(Path files, int number, int size) {
    try {
      Files.write(
          files.resolve(String.format(Locale.ROOT, "%03d.jpg", number)),
          DemoImages.jpeg(SEED, number, size, size));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try (Stream<Path> all = Files.walk(directory)) {
      all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      throw MimException.failed("Cannot remove " + directory + ": " + e.getMessage(), e);
    }
  }
}
