package org.sparkmim.job.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoImagesTest {

  private static final DemoImages IMAGES = new DemoImages(7, 40, 16);

  @TempDir Path folder;

  @Test
  void sameSeedGivesTheSameBytes() throws IOException {
    IMAGES.write(folder.resolve("a"));
    IMAGES.write(folder.resolve("b"));

    List<Path> files = files(folder.resolve("a"));
    assertThat(files).hasSize(40 + 16 + 2 + 1);
    for (Path file : files) {
      Path twin = folder.resolve("b").resolve(folder.resolve("a").relativize(file));
      assertThat(Files.mismatch(file, twin)).as(file.toString()).isEqualTo(-1);
    }
  }

  @Test
  void anotherSeedOrSplitGivesOtherPictures() {
    DemoImages other = new DemoImages(8, 40, 16);

    assertThat(pixels(IMAGES.picture(1, 3))).isNotEqualTo(pixels(other.picture(1, 3)));
    assertThat(pixels(IMAGES.picture(1, 3))).isNotEqualTo(pixels(IMAGES.picture(2, 3)));
  }

  @Test
  void everyClassHasItsShareOfBothSplits() throws IOException {
    IMAGES.write(folder.resolve("set"));

    for (ToyClass toyClass : ToyClass.values()) {
      assertThat(readable(folder.resolve("set/train").resolve(toyClass.folder()))).hasSize(5);
      assertThat(readable(folder.resolve("set/test").resolve(toyClass.folder()))).hasSize(2);
    }
  }

  @Test
  void sizesVaryAndSomePicturesAreGrey() throws IOException {
    IMAGES.write(folder.resolve("set"));

    List<BufferedImage> pictures = readable(folder.resolve("set"));
    assertThat(pictures.stream().map(p -> p.getWidth() + "x" + p.getHeight()).distinct().count())
        .isGreaterThan(20);
    assertThat(pictures).anyMatch(p -> p.getRaster().getNumBands() == 1);
    assertThat(pictures).anyMatch(p -> p.getRaster().getNumBands() == 3);
  }

  @Test
  void twoTrainingFilesAreCorrupt() throws IOException {
    IMAGES.write(folder.resolve("set"));

    byte[] cutOff =
        Files.readAllBytes(folder.resolve("set/train/banded-ball/interrupted-download.jpg"));
    assertThat(cutOff).startsWith(0xFF, 0xD8);
    assertThat(cutOff[cutOff.length - 1]).isNotEqualTo((byte) 0xD9);
    assertThat(readable(folder.resolve("set/train"))).hasSize(40);
    assertThat(ImageIO.read(folder.resolve("set/train/dotted-ball/not-found.jpg").toFile()))
        .isNull();
  }

  @Test
  void completedSetIsRecognisedAndAnAbandonedDraftIsReplaced() throws IOException {
    Path set = folder.resolve("set");
    Files.createDirectories(folder.resolve("set.draft/train/litter"));
    assertThat(IMAGES.isIn(set)).isFalse();

    IMAGES.write(set);

    assertThat(IMAGES.isIn(set)).isTrue();
    assertThat(new DemoImages(8, 40, 16).isIn(set)).isFalse();
    assertThat(folder.resolve("set.draft")).doesNotExist();
    assertThat(set.resolve("train/litter")).doesNotExist();
  }

  @Test
  void refusesAnUnbalancedSet() {
    assertThatThrownBy(() -> new DemoImages(0, 41, 16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("41");
  }

  private static int[] pixels(BufferedImage p) {
    return p.getRGB(0, 0, p.getWidth(), p.getHeight(), null, 0, p.getWidth());
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> tree = Files.walk(root)) {
      return tree.filter(Files::isRegularFile).toList();
    }
  }

  /** Every picture under a folder, less those that cannot be decoded to their end. */
  private static List<BufferedImage> readable(Path root) throws IOException {
    List<BufferedImage> pictures = new ArrayList<>();
    for (Path file : files(root)) {
      byte[] bytes = Files.readAllBytes(file);
      boolean whole = bytes[bytes.length - 2] == (byte) 0xFF && bytes[bytes.length - 1] == -39;
      if (whole) {
        pictures.add(ImageIO.read(file.toFile()));
      }
    }
    return pictures;
  }
}
