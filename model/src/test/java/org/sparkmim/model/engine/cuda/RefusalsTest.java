package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.NetworkCase;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.graph.Graph;

/** Every reason why there is no GPU to work with has one message, with the remedy. */
class RefusalsTest {
  private static void refuses(ThrowingCallable call, String... parts) {
    assertThatExceptionOfType(ModelException.class)
        .isThrownBy(call)
        .satisfies(
            refusal -> {
              assertThat(refusal.kind()).isEqualTo(ModelException.Kind.ARGUMENT);
              assertThat(refusal.getMessage())
                  .contains(parts)
                  .contains("engine.name = cuda", "Or set engine.name = onednn");
            });
  }

  /** A job jar of the profile on a machine without a driver. */
  @Test
  void aMachineWithoutADriverIsRefusedWhenANetworkIsCompiledAndWhenItIsTriedAgain() {
    assumeFalse(Files.exists(Path.of("/dev/nvidia0")), "this machine has a GPU");
    RandomNetwork network = NetworkCase.LINEAR.network(1);
    Graph graph = network.graph();
    Engine engine = EngineSpec.of("cuda", "bf16").onDevice(1).engine();
    assertThat(engine.name()).isEqualTo("cuda");
    try (ParameterVectors state = network.state(graph)) {
      for (int attempt = 0; attempt < 2; attempt++) {
        refuses(
            () ->
                engine
                    .compile(graph, state, new Engine.Options(true, false, Precision.BF16))
                    .close(),
            "libcuda.so.1");
      }
    }
  }

  /** The class paths of job jars that were built without the profile, or with half of it. */
  @ParameterizedTest
  @ValueSource(strings = {"bytedeco/cuda/", "cuda-[^/]*-linux-x86_64.jar"})
  void theEngineLoadsAndRefusesWhereThePresetOrItsNativesAreMissing(String missing)
      throws Exception {
    URL[] urls =
        Stream.of(System.getProperty("java.class.path").split(":"))
            .filter(entry -> !Pattern.compile(missing).matcher(entry).find())
            .map(RefusalsTest::url)
            .toArray(URL[]::new);
    try (URLClassLoader bare = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
      Class<?> probe = bare.loadClass(MissingPreset.class.getName());
      Object message = probe.getMethod("refusal").invoke(null);
      assertThat((String) message)
          .contains("mvn -Pcuda package", "mvn -Pcuda,cuda-12 package", "engine.name = onednn");
    }
  }

  private static URL url(String entry) {
    try {
      return Path.of(entry).toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Test
  void aMissingDriverIsNamed() {
    LinkageError error =
        new UnsatisfiedLinkError(
            "/root/.javacpp/cache/libjnicudart.so: libcuda.so.1: cannot open shared object file: "
                + "No such file or directory");
    refuses(
        () -> {
          throw Refusals.notLoaded(error);
        },
        "libcuda.so.1 is not on this machine",
        "driver 580 or later",
        "525 for CUDA 12",
        "--gpus all");
  }

  @ParameterizedTest
  @CsvSource({
    "12, For CUDA 13 take the job jar of mvn -Pcuda package",
    "13, 'For CUDA 12 take the job jar of mvn -Pcuda,cuda-12 package'"
  })
  void aMissingLibraryOfTheToolkitIsNamed(String major, String other) {
    for (String library : List.of("cudart", "nvrtc", "cublas", "cublasLt")) {
      String message = "lib%s.so.%s: cannot open shared object file".formatted(library, major);
      NoClassDefFoundError second = new NoClassDefFoundError("Could not initialize class");
      second.initCause(new ExceptionInInitializerError(new UnsatisfiedLinkError(message)));
      refuses(
          () -> {
            throw Refusals.notLoaded(second);
          },
          message,
          "CUDA " + major + " toolkit",
          "LD_LIBRARY_PATH",
          other);
    }
  }

  @Test
  void noDeviceTooFewDevicesAndOldDriversAreNamed() {
    refuses(() -> Gpu.checkDriver(13000, 13000, 0, 0), "finds no GPU", "nvidia-smi");
    refuses(
        () -> Gpu.checkDriver(13010, 13000, 2, 2), "no GPU 2", "0 to 1", "spark.task.resource.gpu");
    refuses(
        () -> Gpu.checkDriver(12040, 13010, 1, 0),
        "serves CUDA 12.4; CUDA 13, which this job jar is for, needs driver 580 or later",
        "Update the driver, or take the job jar of mvn -Pcuda,cuda-12 package.");
    refuses(
        () -> Gpu.checkDriver(11080, 12090, 1, 0),
        "serves CUDA 11.8; CUDA 12, which this job jar is for, needs driver 525 or later",
        "Update the driver. Or set");
  }

  @Test
  void driversServeEveryMinorVersionOfTheirToolkitAndOlderToolkits() {
    Gpu.checkDriver(13000, 13010, 1, 0);
    Gpu.checkDriver(12000, 12090, 1, 0);
    Gpu.checkDriver(13000, 12090, 1, 0);
  }

  @Test
  void architecturesBeforeAmpereAreRefused() {
    refuses(() -> new Gpu(0, "Tesla V100", 7, 0).check(), "Tesla V100", "7.0", "8.0 or later");
    assertThat(new Gpu(0, "H100", 9, 0).check().architecture()).isEqualTo("sm_90");
    assertThat(new Gpu(0, "RTX", 8, 6).check().architecture()).isEqualTo("sm_86");
  }

  @Test
  void tooLittleMemoryIsNamedInNumbers() {
    assertThat(Refusals.outOfMemory("H100", 3L << 30, 1L << 30, 80L << 30))
        .hasMessage(
            "H100 has too little memory: 3,072 MiB were asked for, 1,024 MiB of 81,920 MiB "
                + "are free. Lower train.batch-size, use engine.precision = bf16, or end what else "
                + "runs on the device (nvidia-smi).");
  }

  /** A task that ran out of memory holds none when it is tried again. */
  @Test
  void aProgramThatGetsNoMemoryGivesBackWhatItHad() {
    RandomNetwork network = NetworkCase.MASKED_AUTOENCODER.network(1);
    Graph graph = network.graph();
    Engine.Options options = new Engine.Options(true, false, Precision.F32);
    try (ParameterVectors state = network.state(graph)) {
      EmulatedDevice small = new EmulatedDevice(Type.F32).withMemory(4000);
      assertThatExceptionOfType(ModelException.class)
          .isThrownBy(() -> CudaProgram.on(small, new Plan(graph, options), state))
          .withMessageContaining("Lower train.batch-size");
      assertThat(small.closed()).isTrue();
      try (CudaProgram program =
          CudaProgram.on(new EmulatedDevice(Type.F32), new Plan(graph, options), state)) {
        network.feed(program);
        program.forward();
        assertThat(program.scalar(graph.losses().get(0))).isNotNaN();
      }
    }
  }
}
