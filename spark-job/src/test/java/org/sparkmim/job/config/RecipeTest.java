package org.sparkmim.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.job.MimException;
import org.sparkmim.job.evaluate.EvaluateSettings;
import org.sparkmim.job.round.MinibatchShape;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.Method;
import org.sparkmim.model.method.ModelSpec;

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

  static Stream<Path> recipes() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("..", "conf", "recipes"))) {
      return files.sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void everyRecipeGivesAModelAMinibatchAndATraining(Path file) {
    Recipe recipe = Recipe.load(Optional.of(file), Map.of());

    ModelSpec model = ModelSpec.from(recipe.section("model"));
    assertThat(MinibatchShape.of(model, 0).keep()).isEqualTo(model.keep());
    assertThat(TrainSettings.from(recipe.section("train")).epochs()).isPositive();
    EngineSpec.from(recipe.section("engine"));
    Augmentation.from(recipe.section("data"));
    EvaluateSettings.from(recipe.section("evaluate"));
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void everyRecipeSaysWhatItCostsAndGivesAndHowItIsRun(Path file) throws IOException {
    String text = Files.readString(file);
    if (text.contains("Not a recipe of its own")) {
      return;
    }
    assertThat(text).contains("\n# Cost: ", "\n# Score: ", "\n# Run: ");
    assertThat(text)
        .containsAnyOf(
            "--conf conf/recipes/" + file.getFileName(), "submit-scripts/compare-methods");
  }

  @ParameterizedTest
  @CsvSource({
    "imagenet-localmim-vit-base-100, LOCALMIM, 768, 2048, 1.6e-3, 100",
    "imagenet-localmim-vit-base-1600, LOCALMIM, 768, 2048, 1.6e-3, 1600",
    "imagenet-localmim-vit-large-800, LOCALMIM, 1024, 4096, 2.4e-3, 800",
    "imagenet-localmim-swin-base-hog-100, LOCALMIM, 1024, 2048, 8e-4, 100",
    "imagenet-localmim-swin-base-hog-400, LOCALMIM, 1024, 2048, 8e-4, 400",
    "imagenet-localmim-swin-base-pixel-400, LOCALMIM, 1024, 2048, 8e-4, 400",
    "imagenet-localmim-swin-large-hog-800, LOCALMIM, 1536, 4096, 1.6e-3, 800",
    "imagenet-mae-vit-base-800, MAE, 768, 4096, 2.4e-3, 800",
    "imagenet-mae-vit-base-1600, MAE, 768, 4096, 2.4e-3, 1600",
    "imagenet-mae-vit-large-800, MAE, 1024, 4096, 2.4e-3, 800",
    "imagenet-mae-vit-large-1600, MAE, 1024, 4096, 2.4e-3, 1600",
    "imagenet-mff-vit-base-300, MFF, 768, 4096, 2.4e-3, 300",
    "imagenet-mff-vit-base-800, MFF, 768, 4096, 2.4e-3, 800",
    "imagenet-maskalign-vit-base-200, MASKALIGN, 768, 1024, 6e-4, 200",
    "imagenet-maskalign-vit-large-200, MASKALIGN, 1024, 1024, 6e-4, 200",
    "imagenet-maskalign-vit-large-clip-large-200, MASKALIGN, 1024, 1024, 6e-4, 200"
  })
  void publishedRecipesHaveThePublishedMethodBatchRateAndLength(
      String name, Method method, int width, int batch, double rate, int epochs) {
    Recipe recipe =
        Recipe.load(Optional.of(Path.of("..", "conf", "recipes", name + ".conf")), Map.of());
    ModelSpec model = ModelSpec.from(recipe.section("model"));
    TrainSettings train = TrainSettings.from(recipe.section("train"));

    assertThat(model.method()).isEqualTo(method);
    assertThat(model.width()).isEqualTo(width);
    assertThat(train.workers() * train.batch()).isEqualTo(batch);
    assertThat(train.peakRate()).isCloseTo(rate, within(1e-12));
    assertThat(train.epochs()).isEqualTo(epochs);
  }

  private Path recipe(String text) throws IOException {
    return Files.writeString(directory.resolve("small.conf"), text);
  }
}
