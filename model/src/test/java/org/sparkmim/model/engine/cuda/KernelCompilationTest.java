package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** NVIDIA's own compiler takes the kernels, for the oldest GPUs that we serve and for Hopper. */
class KernelCompilationTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"F32, sm_80", "F32, sm_90", "BF16, sm_80", "BF16, sm_90"})
  void kernelsCompileWithoutAnyHeader(Type activation, String architecture) throws IOException {
    Path source = folder.resolve("kernels.cu");
    Files.writeString(source, KernelSource.text(activation));
    Path result = folder.resolve("kernels.ptx");
    Commands.Result run =
        Commands.run(
            List.of(
                nvcc().orElse("nvcc"),
                "-std=c++17",
                "-Werror=all-warnings",
                "-arch=" + architecture,
                "-ptx",
                "-o",
                result.toString(),
                source.toString()));
    assumeTrue(run.found(), "no nvcc on this machine: kernels are not compiled for GPUs");
    assertThat(run.status()).as(run.output()).isZero();
    String ptx = Files.readString(result);
    assertThat(ptx).contains(".target " + architecture);
    for (String kernel : Emulator.kernels(KernelSource.text(activation))) {
      assertThat(ptx).contains(".entry " + kernel + "(");
    }
  }

  private static Optional<String> nvcc() {
    return Stream.of("/usr/local/cuda/bin/nvcc")
        .filter(path -> Files.isExecutable(Path.of(path)))
        .findFirst();
  }
}
