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
 * @param makesTargets whether it makes HOG targets itself, and loaders only bring the images
 */
public record EngineSpec(String name, Precision precision, int device, boolean makesTargets)
    implements Serializable {
  /** Stands for an engine that is chosen when it is known where the work is done. */
  public static final String AUTO = "auto";

  /** The engines that there are. */
  private enum Kind {
    REFERENCE(Set.of(Precision.F32), true, () -> false, device -> new ReferenceEngine()),
    ONEDNN(Set.of(Precision.values()), false, () -> false, device -> new OneDnnEngine()),
    ND4J(Set.of(Precision.F32), false, Nd4jEngine::isOnGpu, Nd4jEngine::new),
    CUDA(Set.of(Precision.values()), true, () -> true, CudaEngine::new);

    private final Set<Precision> precisions;
    private final boolean canMakeTargets;
    private final BooleanSupplier usesDevice;
    private final IntFunction<Engine> factory;

    Kind(
        Set<Precision> precisions,
        boolean canMakeTargets,
        BooleanSupplier usesDevice,
        IntFunction<Engine> factory) {
      this.precisions = precisions;
      this.canMakeTargets = canMakeTargets;
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

  /** One that is fed with targets. */
  public EngineSpec(String name, Precision precision, int device) {
    this(name, precision, device, false);
  }

  /** Checks the name, and that the engine knows the arithmetic and can do what it is to do. */
  public EngineSpec {
    if (!Kind.of(name).precisions.contains(precision)) {
      throw refusal(
          "engine.precision = %s does not go with engine.name = %s; use f32, or onednn.",
          precision.name().toLowerCase(Locale.ROOT), name);
    }
    if (makesTargets && !Kind.of(name).canMakeTargets) {
      throw refusal(
          "engine.targets = device does not go with engine.name = %s: only cuda makes targets on"
              + " its device (and reference, to compare). Use engine.targets = loader.",
          name);
    }
  }

  /**
   * Reads and checks the section {@code mim.engine}. The engine that {@code auto} stands for here
   * is fed with targets; whoever finds another one asks {@link #from(Config, String)}.
   */
  public static EngineSpec from(Config engine) {
    String name = engine.getString("name");
    boolean makesTargets = makesTargets(engine) && !name.equals(AUTO);
    return of(name, engine.getString("precision")).making(makesTargets);
  }

  /** As {@link #from(Config)}, with that engine in the place of {@code auto}. */
  public static EngineSpec from(Config engine, String name) {
    return of(name, engine.getString("precision")).making(makesTargets(engine));
  }

  private static boolean makesTargets(Config engine) {
    String targets = engine.getString("targets");
    return switch (targets) {
      case "loader" -> false;
      case "device" -> true;
      default -> throw refusal("engine.targets = %s is not one of loader, device.", targets);
    };
  }

  /** From the words of a configuration or command line. */
  public static EngineSpec of(String name, String precision) {
    Precision parsed =
        switch (precision.toLowerCase(Locale.ROOT)) {
          case "f32" -> Precision.F32;
          case "bf16" -> Precision.BF16;
          default -> throw refusal("engine.precision = %s is not one of f32, bf16.", precision);
        };
    return new EngineSpec(name.equals(AUTO) ? "onednn" : name, parsed, 0);
  }

  /** Whether its programs have {@link Program#hogTargets}. */
  public boolean canMakeTargets() {
    return Kind.of(name).canMakeTargets;
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
    return new EngineSpec(name, precision, other, makesTargets);
  }

  private EngineSpec making(boolean targets) {
    return new EngineSpec(name, precision, device, targets);
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
