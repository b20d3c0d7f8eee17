package org.sparkmim.model.weights;

import com.typesafe.config.ConfigFactory;
import org.sparkmim.model.method.ModelSpec;

/**
 * The models of the published bundles: the sizes of which official_names.json tells the tensors.
 */
final class TinyModels {
  static final ModelSpec MAE =
      model(
          """
          method = mae
          width = 48, depth = 4, heads = 3
          decoder { width = 28, depth = 2, heads = 7 }
          """);

  static final ModelSpec MFF =
      model(
          """
          method = mff
          width = 36, depth = 6, heads = 3
          fused = [0, 2, 3, 5]
          decoder { width = 28, depth = 2, heads = 7 }
          """);

  static final ModelSpec LOCALMIM =
      model(
          """
          method = localmim
          width = 36, depth = 8, heads = 3
          decoder { width = 24, depth = 1, heads = 3 }
          """);

  static final ModelSpec MASKALIGN =
      model(
          """
          method = maskalign
          width = 36, depth = 6, heads = 3
          teacher { arch = custom, width = 32, depth = 6, heads = 4, mlp-ratio = 2 }
          """);

  private TinyModels() {}

  private static ModelSpec model(String settings) {
    return ModelSpec.from(
        ConfigFactory.parseString("arch = custom, image-size = 64\n" + settings)
            .withFallback(
                ConfigFactory.parseResources("reference.conf").resolve().getConfig("mim.model")));
  }
}
