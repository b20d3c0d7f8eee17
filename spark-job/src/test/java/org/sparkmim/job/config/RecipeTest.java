package org.sparkmim.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.MimException;

final class RecipeTest {
  private static final Config REFERENCE =
      ConfigFactory.parseString(
          "train { epochs = 100, workers = 2, checkpoint { keep = 3 } }, model { taps = [1, 3] }");

  @TempDir Path directory;

  @Test
  void overridesWinOverTheFileOverTheDefaults() throws IOException {
    Path file = recipe("train { epochs = 5, workers = 4 }");
    Recipe recipe = Recipe.over(REFERENCE, Optional.of(file), Map.of("train.workers", "1"));

    assertThat(recipe.section("train").getInt("epochs")).isEqualTo(5);
    assertThat(recipe.section("train").getInt("workers")).isEqualTo(1);
    assertThat(recipe.section("train").getInt("checkpoint.keep")).isEqualTo(3);
  }

  @Test
  void everyValueKeepsItsOrigin() throws IOException {
    Path file = recipe("train {\n  epochs = 5\n}");
    var origins = Recipe.over(REFERENCE, Optional.of(file), Map.of("train.workers", "1")).origins();

    assertThat(origins.get("train.epochs").source()).contains("small.conf").endsWith(": 2");
    assertThat(origins.get("train.workers"))
        .isEqualTo(new Recipe.Origin("\"1\"", "-D train.workers"));
    assertThat(origins.get("model.taps")).isEqualTo(new Recipe.Origin("[1,3]", "default"));
  }

  @Test
  void aListOverrideIsReadAsOneAndAnAddressIsTakenAsText() {
    Map<String, String> overrides = Map.of("model.taps", "[0, 1]", "train.epochs", "s3a://b/c");
    Recipe recipe = Recipe.over(REFERENCE, Optional.empty(), overrides);

    assertThat(recipe.section("model").getIntList("taps")).containsExactly(0, 1);
    assertThat(recipe.section("train").getString("epochs")).isEqualTo("s3a://b/c");
  }

  @Test
  void anUnknownKeyNamesTheNearestAndThePlace() throws IOException {
    Path file = recipe("train {\n\n  epoch = 5\n}");

    assertThatThrownBy(() -> Recipe.over(REFERENCE, Optional.of(file), Map.of()))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("small.conf: 3")
        .hasMessageContaining("unknown key train.epoch. Did you mean train.epochs?");
    assertThatThrownBy(() -> Recipe.over(REFERENCE, Optional.empty(), Map.of("trian.epochs", "5")))
        .hasMessageContaining("-D trian.epochs: unknown key trian.epochs")
        .hasMessageContaining("train.epochs");
    assertThatThrownBy(() -> Recipe.over(REFERENCE, Optional.empty(), Map.of("keep", "5")))
        .hasMessageContaining("Did you mean train.checkpoint.keep?");
  }

  @Test
  void aSectionIsNotAValue() {
    assertThatThrownBy(
            () -> Recipe.over(REFERENCE, Optional.empty(), Map.of("train.checkpoint", "5")))
        .hasMessageContaining("train.checkpoint is a section")
        .hasMessageContaining("train.checkpoint.keep");
  }

  @Test
  void aMissingFileAndWrongSyntaxAreTheUsersMistake() throws IOException {
    assertThatThrownBy(
            () -> Recipe.over(REFERENCE, Optional.of(directory.resolve("no.conf")), Map.of()))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("no.conf");
    Path broken = recipe("train { epochs = ");
    assertThatThrownBy(() -> Recipe.over(REFERENCE, Optional.of(broken), Map.of()))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("small.conf");
  }

  @Test
  void theRenderedRecipeLoadsToTheSameValues() throws IOException {
    Recipe recipe = Recipe.over(REFERENCE, Optional.empty(), Map.of("train.epochs", "7"));
    Path file = recipe(recipe.render());

    assertThat(Recipe.over(REFERENCE, Optional.of(file), Map.of()).config())
        .isEqualTo(recipe.config());
  }

  @Test
  void theModulesDefaultsLoad() {
    assertThat(Recipe.defaults().section("train").getInt("workers")).isPositive();
  }

  private Path recipe(String text) throws IOException {
    return Files.writeString(directory.resolve("small.conf"), text);
  }
}
