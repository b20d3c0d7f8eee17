package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Libraries by the names of NVIDIA's driver and toolkit that have no GPU behind them, and processes
 * that find them: there {@link CudaDevice} runs as it is.
 */
final class FakeGpu {
  private static final Path HEADERS = Path.of("/usr/local/cuda/include");
  private static final Path FOLDER = Path.of("target", "fake-gpu");

  /** Major version of CUDA that the preset on the class path is for. */
  private static final String MAJOR =
      Pattern.compile("/cuda-(\\d+)\\.[^/]*\\.jar")
          .matcher(System.getProperty("java.class.path"))
          .results()
          .findFirst()
          .orElseThrow()
          .group(1);

  private static boolean built;

  private FakeGpu() {}

  /** What a process printed. */
  record Outcome(int status, String output) {}

  /** Runs the main method of a class where those libraries are. */
  static Outcome run(Map<String, String> environment, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    build();
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LD_LIBRARY_PATH", FOLDER.toAbsolutePath().toString());
    builder
        .environment()
        .put("FAKE_KERNELS", Path.of("target", "emulator").toAbsolutePath().toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output);
  }

  private static synchronized void build() throws IOException {
    assumeTrue(Files.exists(HEADERS.resolve("cuda.h")), "no cuda.h: no driver can be played");
    Emulator.of(Type.F32);
    Emulator.of(Type.BF16);
    if (built) {
      return;
    }
    Files.createDirectories(FOLDER);
    Emulator.resource(FOLDER, "fake/queue.h");
    compile("cuda", "libcuda.so.1");
    compile("cudart", "libcudart.so." + MAJOR);
    compile("nvrtc", "libnvrtc.so." + MAJOR);
    compile("cublasLt", "libcublasLt.so." + MAJOR, FOLDER.resolve("libcuda.so.1").toString());
    compile("cublas", "libcublas.so." + MAJOR);
    built = true;
  }

  /** The natives of the preset ask for versions of symbols that bear the library's name. */
  private static void compile(String name, String library, String... more) throws IOException {
    Path source = Emulator.resource(FOLDER, "fake/" + name + ".cpp");
    Path versions = FOLDER.resolve(name + ".map");
    Files.writeString(versions, library + " { global: *; };\n");
    List<String> command =
        new ArrayList<>(
            List.of(
                Emulator.COMPILER,
                "-std=c++17",
                "-O2",
                "-fPIC",
                "-shared",
                "-ffp-contract=off",
                "-I" + HEADERS,
                "-DMAJOR=" + MAJOR,
                "-Wl,-soname," + library,
                "-Wl,--version-script=" + versions,
                "-o",
                FOLDER.resolve(library).toString(),
                source.toString()));
    command.addAll(List.of(more));
    command.add("-ldl");
    Commands.Result result = Commands.run(command);
    assertThat(result.status()).as(result.output()).isZero();
  }
}
