package org.sparkmim.data.image;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Formats the decoder accepts. */
public enum ImageFormat {
  JPEG(List.of("jpg", "jpeg", "jpe", "jfif")),
  PNG(List.of("png")),
  WEBP(List.of("webp"));

  private final List<String> extensions;

  ImageFormat(List<String> extensions) {
    this.extensions = extensions;
  }

  /** The extension written to shards, without a dot. */
  public String extension() {
    return extensions.get(0);
  }

  /** The format a file name claims, by its extension in any case. */
  public static Optional<ImageFormat> ofName(String name) {
    String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    for (ImageFormat format : values()) {
      if (format.extensions.contains(extension)) {
        return Optional.of(format);
      }
    }
    return Optional.empty();
  }
}
