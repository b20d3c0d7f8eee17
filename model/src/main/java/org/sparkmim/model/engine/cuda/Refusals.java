package org.sparkmim.model.engine.cuda;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sparkmim.model.ModelException;

/** Why there is no GPU to work with, each with what to do. */
final class Refusals {
  /** The first architecture with bf16 and TF32. */
  static final int NEEDED_MAJOR = 8;

  /** As loaders name it, with the major version of its toolkit. */
  private static final Pattern LIBRARY =
      Pattern.compile("lib(?:cudart|nvrtc|cublas|cublasLt)\\.so\\.(\\d+)");

  private static final String OTHERWISE = " Or set engine.name = onednn, which needs no GPU.";

  /** What a job jar can be built for. */
  private enum Toolkit {
    CUDA_12(12, 525, "mvn -Pcuda,cuda-12 package"),
    CUDA_13(13, 580, "mvn -Pcuda package");

    private final int major;
    private final int driver;
    private final String build;

    Toolkit(int major, int driver, String build) {
      this.major = major;
      this.driver = driver;
      this.build = build;
    }

    static Toolkit of(int major) {
      return major == CUDA_12.major ? CUDA_12 : CUDA_13;
    }

    Toolkit other() {
      return this == CUDA_12 ? CUDA_13 : CUDA_12;
    }
  }

  private Refusals() {}

  /** The preset's classes, its natives or the libraries behind them cannot be loaded. */
  static ModelException notLoaded(LinkageError cause) {
    String reason = String.valueOf(rootOf(cause).getMessage());
    Matcher library = LIBRARY.matcher(reason);
    String what;
    if (reason.contains("libcuda.so")) {
      what =
          "the NVIDIA driver's library libcuda.so.1 is not on this machine. Run where there is a "
              + "GPU with driver 580 or later (525 for CUDA 12); in a container, start it with "
              + "the GPU (--gpus all).";
    } else if (library.find()) {
      Toolkit toolkit = Toolkit.of(Integer.parseInt(library.group(1)));
      what =
          ("a library of the CUDA %d toolkit is missing (libcudart, libnvrtc, libcublas and "
                  + "libcublasLt are needed). Install them, or put their folder on LD_LIBRARY_PATH. "
                  + "For CUDA %d take the job jar of %s.")
              .formatted(toolkit.major, toolkit.other().major, toolkit.other().build);
    } else {
      what =
          "this job jar was built without CUDA. Build it with %s, for CUDA 12 with %s."
              .formatted(Toolkit.CUDA_13.build, Toolkit.CUDA_12.build);
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

  /** Versions of CUDA, 13000 for 13.0: that of the driver and that of the runtime. */
  static ModelException driverTooOld(int driver, int runtime) {
    Toolkit toolkit = Toolkit.of(runtime / 1000);
    String instead =
        driver / 1000 == toolkit.other().major
            ? ", or take the job jar of " + toolkit.other().build
            : "";
    return refusal(
        "engine.name = cuda: the driver serves CUDA %d.%d; CUDA %d, which this job jar is for, needs driver %d or later. Update the driver%s."
            .formatted(driver / 1000, driver % 1000 / 10, toolkit.major, toolkit.driver, instead),
        null);
  }

  static ModelException wrongArchitecture(String device, int major, int minor) {
    return refusal(
        "engine.name = cuda: %s has compute capability %d.%d; needed is %d.0 or later (A100, RTX 30, L4, H100 and newer)."
            .formatted(device, major, minor, NEEDED_MAJOR),
        null);
  }

  static ModelException toolkitTooOld(String architecture) {
    return refusal(
        "engine.name = cuda: the toolkit's libnvrtc does not know this GPU's architecture, %s. Install a newer toolkit; sm_100 and later need CUDA 12.8 or later."
            .formatted(architecture),
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
