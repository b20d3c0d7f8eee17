package org.sparkmim.model.engine.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** The text of all kernels, one translation unit. */
final class KernelSource {
  /** In an order in which each finds what it uses. */
  private static final List<String> FILES =
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
    return text(activation, true);
  }

  /** As {@link #text}, for a compiler that has its own words for what is PTX. */
  static String withoutPtx(Type activation) {
    return text(activation, false);
  }

  private static String text(Type activation, boolean ptx) {
    if (activation != Type.BF16) {
      return files(FILES);
    }
    String text = "#define BF16\n" + files(FILES);
    if (ptx) {
      text += file("ptx.cu");
    }
    text += files(List.of("tile.cu", "fused.cu"));
    for (int width : FusedAttentionKernels.WIDTHS) {
      text += file("fused_width.cu").replace("WIDTH", String.valueOf(width));
    }
    return text;
  }

  private static String files(List<String> names) {
    return names.stream().map(KernelSource::file).collect(Collectors.joining());
  }

  private static String file(String name) {
    try (InputStream in = KernelSource.class.getResourceAsStream(name)) {
      return "#line 1 \"%s\"\n".formatted(name)
          + new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
