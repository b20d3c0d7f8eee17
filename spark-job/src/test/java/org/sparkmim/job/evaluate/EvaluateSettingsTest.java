package org.sparkmim.job.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.job.MimException;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.evaluate.EvaluateSettings.After;
import org.sparkmim.job.evaluate.EvaluateSettings.Feature;
import org.sparkmim.job.evaluate.EvaluateSettings.Stage;
import org.sparkmim.model.method.ModelSpec;

class EvaluateSettingsTest {

  @Test
  void defaultsAreTheProtocolsOfTheField() {
    assertThat(settings(Map.of()))
        .isEqualTo(
            new EvaluateSettings(
                After.LAST,
                List.of(Stage.KNN, Stage.LINEAR),
                Optional.empty(),
                Optional.empty(),
                Feature.MEAN,
                32,
                new Knn(20, 0.07),
                new LinearProbe(List.of(1e-4, 1e-3, 1e-2, 1e-1), 100)));
  }

  @Test
  void aSwinHasNoClassToken() {
    EvaluateSettings settings = settings(Map.of("evaluate.feature", "cls"));
    settings.requireFeatureOf(model("vit-tiny"));
    assertThatThrownBy(() -> settings.requireFeatureOf(model("swin-base")))
        .isInstanceOf(MimException.class)
        .hasMessageContainingAll("evaluate.feature = cls", "Swin", "mean");
  }

  private static ModelSpec model(String arch) {
    Recipe recipe = Recipe.load(Optional.empty(), Map.of("model.arch", arch));
    return ModelSpec.from(recipe.section("model"));
  }

  @Test
  void everyKeyIsRead() {
    assertThat(
            settings(
                Map.of(
                    "evaluate.after", "every",
                    "evaluate.stages", "[linear]",
                    "evaluate.train", "a",
                    "evaluate.test", "b",
                    "evaluate.feature", "cls",
                    "evaluate.batch-size", "7",
                    "evaluate.knn", "{k = 5, temperature = 0.1}",
                    "evaluate.linear", "{l2 = [0.5], iterations = 9}")))
        .isEqualTo(
            new EvaluateSettings(
                After.EVERY,
                List.of(Stage.LINEAR),
                Optional.of("a"),
                Optional.of("b"),
                Feature.CLS,
                7,
                new Knn(5, 0.1),
                new LinearProbe(List.of(0.5), 9)));
  }

  @Test
  void thePublishedProbeIsChosenByItsOptimizer() {
    assertThat(settings(Map.of("evaluate.linear.optimizer", "lars")).linear())
        .isEqualTo(new LarsProbe(90, 10, 16384, 0.1));
  }

  @ParameterizedTest
  @CsvSource({
    "evaluate.linear.lars.epochs, 0, at least 1",
    "evaluate.linear.lars.warmup-epochs, 90, below evaluate.linear.lars.epochs = 90",
    "evaluate.linear.lars.batch-size, 1, at least 2",
    "evaluate.linear.lars.base-lr, 0, above 0",
  })
  void wrongValuesOfThePublishedProbeAreNamed(String key, String value, String allowed) {
    assertThatThrownBy(() -> settings(Map.of("evaluate.linear.optimizer", "lars", key, value)))
        .isInstanceOf(MimException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(allowed);
  }

  @ParameterizedTest
  @CsvSource({
    "evaluate.linear.optimizer, sgd, 'lbfgs, lars'",
    "evaluate.after, never, 'last, every, none'",
    "evaluate.feature, max, 'mean, cls'",
    "evaluate.stages, [svm], 'knn, linear'",
    "evaluate.batch-size, 0, at least 1",
    "evaluate.knn.k, 0, at least 1",
    "evaluate.knn.temperature, 0, above 0",
    "evaluate.linear.l2, [-1], at least 0",
    "evaluate.linear.iterations, 0, at least 1",
  })
  void wrongValuesAreNamedWithWhatIsAllowed(String key, String value, String allowed) {
    assertThatThrownBy(() -> settings(Map.of(key, value)))
        .isInstanceOf(MimException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(allowed);
  }

  private static EvaluateSettings settings(Map<String, String> overrides) {
    return EvaluateSettings.from(Recipe.load(Optional.empty(), overrides).section("evaluate"));
  }
}
