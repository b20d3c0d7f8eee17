package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The kernels of the engine as a library for the CPU: the same text, compiled by g++ behind a
 * header that plays CUDA. Tests are skipped where there is no g++.
 */
final class Emulator {
  private static final Pattern KERNEL =
      Pattern.compile("^extern \"C\" .*__global__ void (\\w+)\\(", Pattern.MULTILINE);

  /** Another compiler than g++ may be named as for make. */
  static final String COMPILER = System.getenv().getOrDefault("CXX", "g++");

  private static final Map<Type, Emulator> BUILT = new EnumMap<>(Type.class);
  private static boolean bridged;

  private final long library;

  private Emulator(long library) {
    this.library = library;
  }

  static synchronized Emulator of(Type activation) {
    return BUILT.computeIfAbsent(
        activation,
        type -> {
          try {
            return new Emulator(open(build(type).toString()));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** Names of all kernels in the source. */
  static List<String> kernels(String source) {
    List<String> names = new ArrayList<>();
    Matcher matcher = KERNEL.matcher(source);
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }

  /** A letter for each argument: p, i, l or f. */
  String signature(String kernel) {
    String signature = signature(library, kernel);
    assertThat(signature).as("kernel %s", kernel).isNotNull();
    return signature;
  }

  void launch(Launch launch, long[] arguments, boolean reversed) {
    launch(
        library,
        launch.kernel(),
        launch.gridX(),
        launch.gridY(),
        launch.blockX(),
        launch.blockY(),
        arguments,
        reversed);
  }

  private static Path build(Type type) throws IOException {
    Path folder = Files.createDirectories(Path.of("target", "emulator"));
    if (!bridged) {
      Path bridge = resource(folder, "bridge.cpp");
      Path java = Path.of(System.getProperty("java.home"), "include");
      compile(folder, bridge, "libbridge.so", "-I" + java, "-I" + java.resolve("linux"));
      System.load(folder.resolve("libbridge.so").toAbsolutePath().toString());
      bridged = true;
    }
    resource(folder, "emulator.h");
    resource(folder, "registry.h");
    // Unknown outside: else g++ refuses a section to what is static in inline functions.
    StringBuilder text = new StringBuilder("#include \"emulator.h\"\nnamespace {\n");
    String source = KernelSource.withoutPtx(type);
    text.append(source).append("}\n#line 1 \"list\"\n");
    text.append("static const emulator::Named KERNELS[] = {\n");
    for (String name : kernels(source)) {
      text.append(
          "  {\"%1$s\", emulator::Entry<%1$s>::signature(), emulator::Entry<%1$s>::run},%n"
              .formatted(name));
    }
    text.append("};\n#include \"registry.h\"\n");
    Path file = folder.resolve("kernels-" + type + ".cpp");
    Files.writeString(file, text);
    String library = "libkernels-" + type + ".so";
    compile(folder, file, library);
    return folder.resolve(library).toAbsolutePath();
  }

  /** Copies a file of the tests to a folder. */
  static Path resource(Path folder, String name) throws IOException {
    try (InputStream in = Emulator.class.getResourceAsStream(name)) {
      Path file = folder.resolve(Path.of(name).getFileName());
      Files.writeString(file, new String(in.readAllBytes(), StandardCharsets.UTF_8));
      return file;
    }
  }

  private static void compile(Path folder, Path source, String library, String... more)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(COMPILER, "-std=c++17", "-O2", "-fPIC", "-shared", "-ffp-contract=off"));
    command.addAll(List.of(more));
    command.addAll(List.of("-o", folder.resolve(library).toString(), source.toString(), "-ldl"));
    Commands.Result result = Commands.run(command);
    assumeTrue(result.found(), "no " + COMPILER + " on this machine: kernels are not emulated");
    assertThat(result.status()).as(result.output()).isZero();
  }

  private static native long open(String path);

  private static native String signature(long library, String kernel);

  private static native void launch(
      long library,
      String kernel,
      int gridX,
      int gridY,
      int blockX,
      int blockY,
      long[] arguments,
      boolean reversed);

  static native void multiply(long[] sizes, float alpha);

  static native void fill(long at, int value, long bytes);

  static native void copy(long to, long from, long bytes);
}
