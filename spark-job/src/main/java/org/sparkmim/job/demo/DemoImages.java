package org.sparkmim.job.demo;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * A labelled set of photo-like JPEG files: {@code train/<class>/*.jpg} and {@code
 * test/<class>/*.jpg}, eight classes of toys.
 *
 * <p>Every file is a pure function of (seed, split, number). One in thirty is greyscale, and the
 * training split holds two files that no decoder should accept: one cut off in the middle, and one
 * that is a web page under a picture's name.
 *
 * @param seed of everything random
 * @param train number of good training images, a multiple of the eight classes
 * @param test number of test images, a multiple of the eight classes
 */
public record DemoImages(long seed, int train, int test) {

  /** Changes whenever the same seed would give other pictures. */
  private static final int EDITION = 1;

  private static final String RECEIPT = "images.json";
  private static final int GREY_EVERY = 30;
  private static final int SHORTEST_SIDE = 96;
  private static final int LONGEST_SIDE = 144;

  /** Checks that both splits are balanced over the classes. */
  public DemoImages {
    int classes = ToyClass.values().length;
    if (train <= 0 || test <= 0 || train % classes != 0 || test % classes != 0) {
      throw new IllegalArgumentException(
          "Cannot balance %d training and %d test images over %d classes"
              .formatted(train, test, classes));
    }
  }

  /** Whether {@code directory} already holds exactly these images. */
  public boolean isIn(Path directory) {
    try {
      return Files.readString(directory.resolve(RECEIPT)).equals(receipt());
    } catch (IOException absent) {
      return false;
    }
  }

  /**
   * Writes the set into a new directory; a directory that is there is complete.
   *
   * @throws IOException when the directory exists already or cannot be written
   */
  public void write(Path directory) throws IOException {
    Path draft = directory.resolveSibling(directory.getFileName() + ".draft");
    deleteTree(draft);
    for (ToyClass toyClass : ToyClass.values()) {
      Files.createDirectories(draft.resolve("train").resolve(toyClass.folder()));
      Files.createDirectories(draft.resolve("test").resolve(toyClass.folder()));
    }
    try {
      writeSplit(draft.resolve("train"), 1, train);
      writeSplit(draft.resolve("test"), 2, test);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    writeCorrupt(draft.resolve("train"));
    Files.writeString(draft.resolve(RECEIPT), receipt());
    // This rename is the commit: an interrupted run leaves only the draft.
    try {
      Files.move(draft, directory, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(draft, directory);
    }
  }

  /** A JPEG file of that size with a scene of that number; no file of any set. */
  public static byte[] jpeg(long seed, int number, int width, int height) {
    SplittableRandom random = new SplittableRandom(seed * 31 + number);
    Scene scene = Scene.random(classOf(number), random);
    float[] planes = new Renderer(scene).render(width, height);
    BufferedImage picture = Photograph.develop(planes, width, height, false, random);
    try {
      return encode(picture, (float) random.nextDouble(0.6, 0.93));
    } catch (IOException e) {
      throw new UncheckedIOException("Memory cannot be written to", e);
    }
  }

  /** The picture of one sample, before compression. */
  BufferedImage picture(int split, int number) {
    return draw(number, random(split, number));
  }

  private BufferedImage draw(int number, SplittableRandom random) {
    int shorter = random.nextInt(SHORTEST_SIDE, 121);
    int longer = Math.min(LONGEST_SIDE, (int) (shorter * random.nextDouble(1, 1.5)));
    boolean upright = random.nextInt(3) == 0;
    int width = upright ? shorter : longer;
    int height = upright ? longer : shorter;
    Scene scene = Scene.random(classOf(number), random);
    float[] planes = new Renderer(scene).render(width, height);
    boolean grey = number % GREY_EVERY == GREY_EVERY / 2;
    return Photograph.develop(planes, width, height, grey, random);
  }

  private void writeSplit(Path folder, int split, int count) {
    IntStream.range(0, count)
        .parallel()
        .forEach(
            number -> {
              try {
                Files.write(folder.resolve(name(number)), jpeg(split, number));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  private byte[] jpeg(int split, int number) throws IOException {
    SplittableRandom random = random(split, number);
    BufferedImage picture = draw(number, random);
    return encode(picture, (float) random.nextDouble(0.6, 0.93));
  }

  private void writeCorrupt(Path folder) throws IOException {
    byte[] whole = jpeg(1, 0);
    Files.write(
        folder.resolve(classOf(0).folder()).resolve("interrupted-download.jpg"),
        Arrays.copyOf(whole, whole.length * 2 / 5));
    Files.writeString(
        folder.resolve(classOf(1).folder()).resolve("not-found.jpg"),
        "<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>\n",
        StandardCharsets.US_ASCII);
  }

  private SplittableRandom random(int split, int number) {
    long key = new SplittableRandom(seed).nextLong() + ((long) split << 32) + number;
    return new SplittableRandom(new SplittableRandom(key).nextLong());
  }

  private String receipt() {
    return String.format(
        Locale.ROOT,
        "{\"edition\": %d, \"seed\": %d, \"train\": %d, \"test\": %d}%n",
        EDITION,
        seed,
        train,
        test);
  }

  private static ToyClass classOf(int number) {
    return ToyClass.values()[number % ToyClass.values().length];
  }

  private static String name(int number) {
    return String.format(Locale.ROOT, "%s/%05d.jpg", classOf(number).folder(), number);
  }

  private static byte[] encode(BufferedImage picture, float quality) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var sink = new MemoryCacheImageOutputStream(bytes)) {
      ImageWriteParam settings = writer.getDefaultWriteParam();
      settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      settings.setCompressionQuality(quality);
      writer.setOutput(sink);
      writer.write(null, new IIOImage(picture, null, null), settings);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes a) throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
            Files.delete(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
