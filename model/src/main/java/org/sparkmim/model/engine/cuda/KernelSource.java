package org.sparkmim.model.engine.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The text of all kernels, one translation unit. */
final class KernelSource {
  /** In an order in which each finds what it uses. */
  static final List<String> FILES =
      List.of(
          "common.cu",
          "element.cu",
          "sums.cu",
          "norm.cu",
          "attention.cu",
          "token.cu",
          "grid.cu",
          "mix.cu",
          "loss.cu",
          "hog.cu",
          "update.cu");

  private KernelSource() {}

  /** The kernels for activations of that type; compilers name the file in their messages. */
  static String text(Type activation) {
    StringBuilder text = new StringBuilder();
    if (activation == Type.BF16) {
      text.append("#define BF16\n");
    }
    for (String file : FILES) {
      text.append("#line 1 \"").append(file).append("\"\n").append(read(file));
    }
    return text.toString();
  }

  private static String read(String file) {
    try (InputStream in = KernelSource.class.getResourceAsStream(file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
