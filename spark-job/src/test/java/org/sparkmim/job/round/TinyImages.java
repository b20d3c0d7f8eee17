package org.sparkmim.job.round;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import javax.imageio.ImageIO;
import org.sparkmim.data.ingest.Ingest;
import org.sparkmim.data.ingest.IngestSettings;
import org.sparkmim.job.cli.SparkSessions;
import org.sparkmim.job.config.Recipe;

/** Small PNG files in two class folders, and the dataset made of them. */
public final class TinyImages {
  private TinyImages() {}

  /** Writes {@code count} images below {@code directory} and ingests them. */
  public static Path dataset(Path directory, int count) {
    try {
      Random random = new Random(7);
      for (int i = 0; i < count; i++) {
        Path folder = Files.createDirectories(directory.resolve("images/class" + i % 2));
        ImageIO.write(image(random), "png", folder.resolve("image" + i + ".png").toFile());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path dataset = directory.resolve("dataset");
    Ingest.run(
        SparkSessions.open("tests", Optional.of("local[3,3]"), 3),
        IngestSettings.from(
            Recipe.defaults().section("data"),
            directory.resolve("images").toString(),
            dataset.toString()));
    return dataset;
  }

  private static BufferedImage image(Random random) {
    BufferedImage image = new BufferedImage(40, 36, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = image.createGraphics();
    for (int i = 0; i < 12; i++) {
      pen.setColor(new Color(random.nextInt(1 << 24)));
      pen.fillRect(random.nextInt(40), random.nextInt(36), 12, 9);
    }
    pen.dispose();
    return image;
  }
}
