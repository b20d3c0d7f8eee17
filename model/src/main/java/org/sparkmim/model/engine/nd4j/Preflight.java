package org.sparkmim.model.engine.nd4j;

import java.util.List;
import org.sparkmim.model.ModelException;

/**
 * Refuses what nd4j-cuda-11.6 cannot run on before ND4J tries: it would take any GPU and fail at
 * its first kernel. Its kernels are compiled for 3.7, 5.0, 5.2, 6.0, 6.1, 7.0, 7.5, 8.0 and 8.6,
 * without PTX that a driver could compile for others; a GPU runs code of its own major version and
 * an equal or lower minor one, so 8.9 runs that for 8.6.
 */
final class Preflight {
  private Preflight() {}

  /**
   * @param ordinal of the GPU that is to be used, where ND4J uses one
   * @throws ModelException if there is no such GPU or it cannot run nd4j-cuda-11.6
   */
  static void check(Gpus gpus, int ordinal) {
    if (gpus.used()) {
      require(gpus, ordinal);
    }
  }

  /**
   * The GPU's name and compute capability.
   *
   * @throws ModelException if ND4J uses no GPU, or there is no such GPU, or it cannot run
   *     nd4j-cuda-11.6
   */
  static String require(Gpus gpus, int ordinal) {
    if (!gpus.used()) {
      throw refusal(
          "ND4J uses no GPU here.",
          "Build the job jar with mvn -Pnd4j-cuda package, and leave BACKEND_PRIORITY_CPU unset.");
    }
    List<Gpus.Gpu> found = list(gpus);
    if (ordinal >= found.size()) {
      throw refusal(
          "GPU %d was asked for, and CUDA finds %d.".formatted(ordinal, found.size()),
          "Give the job a GPU, or set BACKEND_PRIORITY_CPU=200 in its environment to run ND4J on"
              + " the CPU, or set engine.name = onednn, which is faster there.");
    }
    Gpus.Gpu gpu = found.get(ordinal);
    boolean tooOld = gpu.major() < 3 || gpu.major() == 3 && gpu.minor() < 7;
    if (tooOld || gpu.major() >= 9) {
      throw refusal(
          "GPU %d, %s, has compute capability %s; nd4j-cuda-11.6 holds code for 3.7 to 8.6 alone"
                  .formatted(ordinal, gpu.name(), gpu.capability())
              + " (8.9 runs that for 8.6) and none that a driver could compile for others.",
          tooOld
              ? "Set engine.name = onednn, which runs on the CPU."
              : "Set engine.name = cuda, or onednn, which runs on the CPU.");
    }
    return gpu.name() + ", compute capability " + gpu.capability();
  }

  private static List<Gpus.Gpu> list(Gpus gpus) {
    try {
      return gpus.list();
    } catch (RuntimeException | LinkageError e) {
      throw Failures.explained(e);
    }
  }

  private static ModelException refusal(String what, String remedy) {
    return new ModelException(
        ModelException.Kind.ARGUMENT, "engine.name = nd4j: " + what + " " + remedy);
  }
}
