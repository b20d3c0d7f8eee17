package org.sparkmim.job.report;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.model.method.ModelSpec;

/** Small models of every method: 32 px images, 8 px patches, 4 blocks. */
final class Specs {

  private Specs() {}

  /** The recipe of a model; later settings, as key and value in turn, win. */
  static Recipe recipe(String method, List<String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("model.method", method);
    all.put("model.arch", "custom");
    all.put("model.image-size", "32");
    all.put("model.patch-size", "8");
    all.put("model.width", "16");
    all.put("model.depth", "4");
    all.put("model.heads", "2");
    all.put("model.decoder", "{width = 16, depth = 1, heads = 2}");
    all.put("train.seed", "5");
    for (int i = 0; i < settings.size(); i += 2) {
      all.put(settings.get(i), settings.get(i + 1));
    }
    return Recipe.load(Optional.empty(), all);
  }

  static ModelSpec of(String method, String... settings) {
    return ModelSpec.from(recipe(method, List.of(settings)).section("model"));
  }

  /** Settings of a teacher of the student's shape. */
  static List<String> teacher(String weights, int levels) {
    return List.of(
        "model.teacher.family", "vit",
        "model.teacher.arch", "custom",
        "model.teacher.patch-size", "8",
        "model.teacher.width", "16",
        "model.teacher.depth", "4",
        "model.teacher.heads", "2",
        "model.teacher.weights", weights,
        "model.alignment.levels", String.valueOf(levels));
  }

  static ModelSpec maskAlign(String weights, int levels) {
    return of("maskalign", teacher(weights, levels).toArray(String[]::new));
  }
}
