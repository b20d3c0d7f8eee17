package org.sparkmim.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.sparkmim.data.DataException;
import org.sparkmim.data.order.SampleRandom;
import org.sparkmim.data.order.SampleRandom.Purpose;

class CropBoxTest {
  private static final Config DEFAULTS = ConfigFactory.load().getConfig("mim.data");
  private static final Augmentation PUBLISHED = Augmentation.from(DEFAULTS);

  @Property(tries = 300)
  void staysInsideThePicture(
      @ForAll @IntRange(min = 1, max = 900) int width,
      @ForAll @IntRange(min = 1, max = 900) int height,
      @ForAll @IntRange(min = 0, max = 5000) int id) {
    CropBox box = draw(id, width, height);
    assertThat(box.width()).isBetween(1, width);
    assertThat(box.height()).isBetween(1, height);
    assertThat(box.left()).isBetween(0, width - box.width());
    assertThat(box.top()).isBetween(0, height - box.height());
  }

  @Test
  void drawsAreaAndRatioAsPublished() {
    double area = 0;
    int wide = 0;
    for (int id = 0; id < 4000; id++) {
      CropBox box = draw(id, 1000, 1000);
      double share = box.width() * box.height() / 1e6;
      double ratio = (double) box.width() / box.height();
      assertThat(share).isBetween(0.199, 1.0);
      assertThat(ratio).isBetween(0.745, 1.34);
      area += share;
      wide += ratio > 1 ? 1 : 0;
    }
    // Large shares with a far ratio do not fit and are drawn again, so the mean is below 0.6.
    assertThat(area / 4000).isBetween(0.53, 0.59);
    assertThat(wide).isBetween(1850, 2150);
  }

  @Test
  void takesTheLargestCentredBoxWhereNoneFits() {
    assertThat(draw(1, 1000, 10)).isEqualTo(new CropBox(493, 0, 13, 10));
    assertThat(draw(1, 9, 3000)).isEqualTo(new CropBox(0, 1494, 9, 12));
  }

  @Test
  void readsItsSettingsAndRefusesWrongOnes() {
    assertThat(PUBLISHED)
        .isEqualTo(new Augmentation(Crop.RANDOM_RESIZED, 0.2, 1, 0.75, 1.3333333333333333, true));
    Config simple = ConfigFactory.parseString("augment.crop = simple").withFallback(DEFAULTS);
    assertThat(Augmentation.from(simple).crop()).isEqualTo(Crop.SIMPLE);
    assertRefused(
        "augment.crop = centre", "data.augment.crop must be random-resized or simple, got centre");
    assertRefused("augment.scale = [0, 1]", "data.augment.scale");
    assertRefused("augment.scale = [0.5, 0.2]", "data.augment.scale");
    assertRefused("augment.scale = [0.5]", "two numbers");
    assertRefused("augment.ratio = [-1, 2]", "data.augment.ratio");
    assertRefused("augment.flip = maybe", "data.augment");
  }

  private static void assertRefused(String hocon, String message) {
    Config config = ConfigFactory.parseString(hocon).withFallback(DEFAULTS);
    assertThatThrownBy(() -> Augmentation.from(config))
        .isInstanceOfSatisfying(
            DataException.class, e -> assertThat(e.kind()).isEqualTo(DataException.Kind.ARGUMENT))
        .hasMessageContaining(message);
  }

  private static CropBox draw(long id, int width, int height) {
    return CropBox.random(new SampleRandom(0, 0, id, Purpose.CROP), width, height, PUBLISHED);
  }
}
