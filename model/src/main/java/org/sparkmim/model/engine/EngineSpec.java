package org.sparkmim.model.engine;

import com.typesafe.config.Config;
import java.io.Serializable;
import java.util.Locale;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.onednn.OneDnnEngine;
import org.sparkmim.model.engine.reference.ReferenceEngine;

/**
 * Which engine runs a network, and in which arithmetic.
 *
 * @param name {@code reference} or {@code onednn}; {@code auto} is resolved by {@link #from}
 */
public record EngineSpec(String name, Precision precision) implements Serializable {
  /** Checks the name. */
  public EngineSpec {
    if (!name.equals("reference") && !name.equals("onednn")) {
      throw new ModelException(
          ModelException.Kind.ARGUMENT,
          String.format("engine.name = %s is not one of auto, onednn, reference.", name));
    }
    if (name.equals("reference") && precision != Precision.F32) {
      throw new ModelException(
          ModelException.Kind.ARGUMENT,
          "engine.precision = bf16 does not go with engine.name = reference, which computes in"
              + " double; use onednn.");
    }
  }

  /** Reads and checks the section {@code mim.engine}. */
  public static EngineSpec from(Config engine) {
    String name = engine.getString("name");
    return of(name, engine.getString("precision"));
  }

  /** From the words of a configuration or command line. */
  public static EngineSpec of(String name, String precision) {
    Precision parsed =
        switch (precision.toLowerCase(Locale.ROOT)) {
          case "f32" -> Precision.F32;
          case "bf16" -> Precision.BF16;
          default ->
              throw new ModelException(
                  ModelException.Kind.ARGUMENT,
                  String.format("engine.precision = %s is not one of f32, bf16.", precision));
        };
    return new EngineSpec(name.equals("auto") ? "onednn" : name, parsed);
  }

  /** The engine of that name. */
  public Engine engine() {
    return name.equals("reference") ? new ReferenceEngine() : new OneDnnEngine();
  }
}
