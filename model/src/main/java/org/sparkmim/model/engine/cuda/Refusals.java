package org.sparkmim.model.engine.cuda;

import java.util.Locale;
import org.sparkmim.model.ModelException;

/** Why there is no GPU to work with, each with what to do. */
final class Refusals {
  /** Major and minor version of the toolkit that the preset is built for, as drivers count. */
  static final int NEEDED_DRIVER = 13000;

  /** The first architecture with bf16 and TF32. */
  static final int NEEDED_MAJOR = 8;

  private static final String OTHERWISE = " Or set engine.name = onednn, which needs no GPU.";

  private Refusals() {}

  /** The preset's classes, its natives or the libraries behind them cannot be loaded. */
  static ModelException notLoaded(LinkageError cause) {
    String reason = String.valueOf(rootOf(cause).getMessage());
    String what;
    if (reason.contains("libcuda.so")) {
      what =
          "the NVIDIA driver's library libcuda.so.1 is not on this machine. Run where there is a "
              + "GPU with driver 580 or later; in a container, start it with the GPU (--gpus all).";
    } else if (reason.matches("(?s).*lib(cudart|nvrtc|cublas|cublasLt)\\.so.*")) {
      what =
          "a library of the CUDA 13 toolkit is missing (libcudart, libnvrtc, libcublas and "
              + "libcublasLt are needed). Install them, or put their folder on LD_LIBRARY_PATH.";
    } else {
      what = "this job jar was built without CUDA. Build it with mvn -Pcuda package.";
    }
    return refusal("engine.name = cuda: " + what + " Reason: " + reason + ".", cause);
  }

  static ModelException noDevice() {
    return refusal(
        "engine.name = cuda: the driver finds no GPU. See what nvidia-smi lists and what "
            + "CUDA_VISIBLE_DEVICES hides.",
        null);
  }

  static ModelException noSuchDevice(int ordinal, int count) {
    return refusal(
        "engine.name = cuda: there is no GPU %d; allowed are 0 to %d. Give each task a GPU of its own (spark.task.resource.gpu.amount = 1)."
            .formatted(ordinal, count - 1),
        null);
  }

  static ModelException driverTooOld(int version) {
    return refusal(
        "engine.name = cuda: the driver serves CUDA %d.%d; needed is %d.%d, driver 580 or later. Update the driver."
            .formatted(
                version / 1000,
                version % 1000 / 10,
                NEEDED_DRIVER / 1000,
                NEEDED_DRIVER % 1000 / 10),
        null);
  }

  static ModelException wrongArchitecture(String device, int major, int minor) {
    return refusal(
        "engine.name = cuda: %s has compute capability %d.%d; needed is %d.0 or later (A100, RTX 30, L4, H100 and newer)."
            .formatted(device, major, minor, NEEDED_MAJOR),
        null);
  }

  static ModelException outOfMemory(String device, long asked, long free, long total) {
    return new ModelException(
        ModelException.Kind.ARGUMENT,
        "%s has too little memory: %s were asked for, %s of %s are free. Lower train.batch-size, use engine.precision = bf16, or end what else runs on the device (nvidia-smi)."
            .formatted(device, mebibytes(asked), mebibytes(free), mebibytes(total)));
  }

  /** A call of driver or library went wrong; the task may be tried again. */
  static IllegalStateException failed(String doing, String reason) {
    return new IllegalStateException("CUDA failed to " + doing + ": " + reason);
  }

  private static ModelException refusal(String message, Throwable cause) {
    return new ModelException(ModelException.Kind.ARGUMENT, message + OTHERWISE, cause);
  }

  private static Throwable rootOf(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,d MiB", (bytes + (1 << 20) - 1) >> 20);
  }
}
