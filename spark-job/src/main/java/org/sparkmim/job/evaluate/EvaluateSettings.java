package org.sparkmim.job.evaluate;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.sparkmim.job.MimException;
import org.sparkmim.model.method.ModelSpec;

/**
 * Section {@code mim.evaluate}.
 *
 * @param after when training starts an evaluation of its own
 * @param stages what it runs
 * @param train labelled dataset that probes learn from; empty: the one that was trained on
 * @param test labelled dataset of held-out images; empty: none is known
 * @param feature which output of the encoder
 * @param batch images that the encoder takes at once
 */
public record EvaluateSettings(
    After after,
    List<Stage> stages,
    Optional<String> train,
    Optional<String> test,
    Feature feature,
    int batch,
    Knn knn,
    LinearProtocol linear) {

  /** When training evaluates by itself. */
  public enum After {
    LAST,
    EVERY,
    NONE
  }

  /** An evaluation protocol. */
  public enum Stage {
    KNN,
    LINEAR
  }

  /** Which output of the encoder stands for an image. */
  public enum Feature {
    /** Mean of the patch tokens of the last block after the method's last norm. */
    MEAN,
    /** The class token of the same. */
    CLS
  }

  /** Checks what a constructor of the parts did not. */
  public EvaluateSettings {
    stages = List.copyOf(stages);
    if (batch < 1) {
      throw MimException.usage("evaluate.batch-size = " + batch + " is too small: at least 1.");
    }
  }

  /**
   * Reads and checks the section.
   *
   * @throws MimException (usage) naming the key and what is allowed
   */
  public static EvaluateSettings from(Config evaluate) {
    return new EvaluateSettings(
        word(evaluate, "after", After.class),
        evaluate.getStringList("stages").stream()
            .map(text -> word(text, "stages", Stage.class))
            .toList(),
        named(evaluate, "train"),
        named(evaluate, "test"),
        word(evaluate, "feature", Feature.class),
        evaluate.getInt("batch-size"),
        knn(evaluate.getConfig("knn")),
        linear(evaluate.getConfig("linear")));
  }

  /**
   * Refuses a feature that an encoder does not have.
   *
   * @throws MimException (usage) for the class token of an encoder without one, such as Swin
   */
  public void requireFeatureOf(ModelSpec model) {
    if (feature == Feature.CLS && !model.encoder().hasClassToken()) {
      throw MimException.usage(
          "evaluate.feature = cls cannot be taken: the encoder, a Swin, has no class token. Allowed"
              + " is mean.");
    }
  }

  /** The same settings with another feature. */
  public EvaluateSettings with(Feature other) {
    return new EvaluateSettings(after, stages, train, test, other, batch, knn, linear);
  }

  /** The word that stands for a choice in recipes, options and files. */
  public static String word(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT);
  }

  private static Knn knn(Config knn) {
    int k = knn.getInt("k");
    double temperature = knn.getDouble("temperature");
    if (k < 1) {
      throw MimException.usage("evaluate.knn.k = " + k + " is too small: at least 1.");
    }
    if (!(temperature > 0)) {
      throw MimException.usage(
          "evaluate.knn.temperature = " + temperature + " must be above 0, as in 0.07.");
    }
    return new Knn(k, temperature);
  }

  private static LinearProtocol linear(Config linear) {
    String optimizer = linear.getString("optimizer");
    return switch (optimizer) {
      case "lbfgs" -> lbfgs(linear);
      case "lars" -> lars(linear.getConfig("lars"));
      default ->
          throw MimException.usage(
              "evaluate.linear.optimizer = " + optimizer + " is not one of lbfgs, lars.");
    };
  }

  private static LarsProbe lars(Config lars) {
    int epochs = lars.getInt("epochs");
    double warmup = lars.getDouble("warmup-epochs");
    int batch = lars.getInt("batch-size");
    double rate = lars.getDouble("base-lr");
    requireLars(epochs >= 1, "epochs", epochs, "must be at least 1");
    requireLars(
        warmup >= 0 && warmup < epochs,
        "warmup-epochs",
        warmup,
        "must be at least 0 and below evaluate.linear.lars.epochs = " + epochs);
    requireLars(batch >= 2, "batch-size", batch, "must be at least 2, to have a variance");
    requireLars(rate > 0 && rate < Double.POSITIVE_INFINITY, "base-lr", rate, "must be above 0");
    return new LarsProbe(epochs, warmup, batch, rate);
  }

  private static void requireLars(boolean holds, String key, Object value, String rule) {
    if (!holds) {
      throw MimException.usage("evaluate.linear.lars." + key + " = " + value + " " + rule + ".");
    }
  }

  private static LinearProbe lbfgs(Config linear) {
    List<Double> l2 = linear.getDoubleList("l2");
    int iterations = linear.getInt("iterations");
    if (l2.isEmpty() || l2.stream().anyMatch(x -> !(x >= 0) || x.isInfinite())) {
      throw MimException.usage(
          "evaluate.linear.l2 = " + l2 + " must be a list of numbers of at least 0.");
    }
    if (iterations < 1) {
      throw MimException.usage(
          "evaluate.linear.iterations = " + iterations + " is too small: at least 1.");
    }
    return new LinearProbe(l2, iterations);
  }

  private static Optional<String> named(Config evaluate, String key) {
    return Optional.of(evaluate.getString(key)).filter(uri -> !uri.isBlank());
  }

  private static <E extends Enum<E>> E word(Config evaluate, String key, Class<E> choices) {
    try {
      return word(evaluate.getString(key), key, choices);
    } catch (ConfigException.WrongType e) {
      throw MimException.usage("evaluate." + key + " must be a word.", e);
    }
  }

  private static <E extends Enum<E>> E word(String text, String key, Class<E> choices) {
    return Arrays.stream(choices.getEnumConstants())
        .filter(choice -> word(choice).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                MimException.usage(
                    "evaluate."
                        + key
                        + " = "
                        + text
                        + " is not one of "
                        + Arrays.stream(choices.getEnumConstants())
                            .map(EvaluateSettings::word)
                            .collect(Collectors.joining(", "))
                        + "."));
  }
}
