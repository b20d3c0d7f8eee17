package org.sparkmim.model.engine.nd4j;

import java.util.Locale;
import java.util.Optional;
import org.sparkmim.model.ModelException;

/** What ND4J throws when the machine is not up to the work, as one message with the remedy. */
final class Failures {
  private Failures() {}

  /** What to throw instead: the failure itself, where nothing is known of it. */
  static RuntimeException explained(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ModelException told) {
        return told;
      }
      Optional<String> remedy = remedy(cause);
      if (remedy.isPresent()) {
        return new ModelException(
            ModelException.Kind.ARGUMENT,
            "engine.name = nd4j: %s Or set engine.name = onednn, which runs on the CPU. ND4J says: %s"
                .formatted(remedy.get(), firstLine(cause)),
            failure);
      }
    }
    return failure instanceof RuntimeException runtime
        ? runtime
        : new IllegalStateException("ND4J cannot be loaded", failure);
  }

  private static Optional<String> remedy(Throwable cause) {
    String message = firstLine(cause).toLowerCase(Locale.ROOT);
    if (cause instanceof UnsatisfiedLinkError || message.contains("cannot open shared object")) {
      return Optional.of(
          "a native library is missing. On a GPU nd4j-cuda-11.6 needs CUDA's run-time libraries of"
              + " version 11.6 to 11.8 (libcudart.so.11.0, libcublas.so.11, libcublasLt.so.11,"
              + " libcusolver.so.11): install them, or use an image of that CUDA run time.");
    }
    if (message.contains("driver version is insufficient")
        || message.contains("error code: [35]")) {
      return Optional.of(
          "the GPU's driver is missing or older than CUDA 11.6: install 510 or later.");
    }
    if (message.contains("allocation failed") || message.contains("out of memory")) {
      return Optional.of("the device's memory is full. Make the batch smaller.");
    }
    if (message.contains("no kernel image") || message.contains("error code: [209]")) {
      return Optional.of(
          "nd4j-cuda-11.6 has no code for this GPU. Set engine.name = cuda, if it is one of 8.0 or"
              + " later.");
    }
    return Optional.empty();
  }

  private static String firstLine(Throwable cause) {
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
  }
}
