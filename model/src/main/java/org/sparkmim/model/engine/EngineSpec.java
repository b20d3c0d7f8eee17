package org.sparkmim.model.engine;

import com.typesafe.config.Config;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.cuda.CudaEngine;
import org.sparkmim.model.engine.nd4j.Nd4jEngine;
import org.sparkmim.model.engine.onednn.OneDnnEngine;
import org.sparkmim.model.engine.reference.ReferenceEngine;

/**
 * Which engine runs a network, in which arithmetic, and where.
 *
 * @param name of an engine; {@code auto} is resolved by {@link #from}
 * @param device which of the machine's accelerators, for engines that use one
 */
public record EngineSpec(String name, Precision precision, int device) implements Serializable {
  /** The engines that there are. */
  private enum Kind {
    REFERENCE(Set.of(Precision.F32), () -> false, device -> new ReferenceEngine()),
    ONEDNN(Set.of(Precision.values()), () -> false, device -> new OneDnnEngine()),
    ND4J(Set.of(Precision.F32), Nd4jEngine::isOnGpu, Nd4jEngine::new),
    CUDA(Set.of(Precision.values()), () -> true, CudaEngine::new);

    private final Set<Precision> precisions;
    private final BooleanSupplier usesDevice;
    private final IntFunction<Engine> factory;

    Kind(Set<Precision> precisions, BooleanSupplier usesDevice, IntFunction<Engine> factory) {
      this.precisions = precisions;
      this.usesDevice = usesDevice;
      this.factory = factory;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Kind of(String name) {
      return Arrays.stream(values())
          .filter(kind -> kind.word().equals(name))
          .findFirst()
          .orElseThrow(
              () ->
                  refusal(
                      "engine.name = %s is not one of auto, %s.",
                      name,
                      Arrays.stream(values()).map(Kind::word).collect(Collectors.joining(", "))));
    }
  }

  /** Checks the name, and that the engine knows the arithmetic. */
  public EngineSpec {
    if (!Kind.of(name).precisions.contains(precision)) {
      throw refusal(
          "engine.precision = %s does not go with engine.name = %s; use f32, or onednn.",
          precision.name().toLowerCase(Locale.ROOT), name);
    }
  }

  /** Reads and checks the section {@code mim.engine}. */
  public static EngineSpec from(Config engine) {
    return of(engine.getString("name"), engine.getString("precision"));
  }

  /** From the words of a configuration or command line. */
  public static EngineSpec of(String name, String precision) {
    Precision parsed =
        switch (precision.toLowerCase(Locale.ROOT)) {
          case "f32" -> Precision.F32;
          case "bf16" -> Precision.BF16;
          default -> throw refusal("engine.precision = %s is not one of f32, bf16.", precision);
        };
    return new EngineSpec(name.equals("auto") ? "onednn" : name, parsed, 0);
  }

  /** Whether {@link #device} matters. */
  public boolean usesDevice() {
    return Kind.of(name).usesDevice.getAsBoolean();
  }

  /** This engine, or one for processes without an accelerator, such as a cluster's driver. */
  public EngineSpec onHost() {
    return usesDevice() ? new EngineSpec("onednn", precision, 0) : this;
  }

  /** The same on another of the machine's accelerators. */
  public EngineSpec onDevice(int other) {
    return new EngineSpec(name, precision, other);
  }

  /** The engine of that name. */
  public Engine engine() {
    return Kind.of(name).factory.apply(device);
  }

  private static ModelException refusal(String format, Object... values) {
    return new ModelException(
        ModelException.Kind.ARGUMENT, String.format(Locale.ROOT, format, values));
  }
}
