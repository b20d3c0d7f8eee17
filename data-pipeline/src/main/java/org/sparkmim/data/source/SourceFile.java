package org.sparkmim.data.source;

/**
 * A file of the input.
 *
 * @param path full path
 * @param relative path below the input, with slashes
 */
public record SourceFile(String path, String relative, long length) {
  boolean hasExtension(String extension) {
    return relative.toLowerCase(java.util.Locale.ROOT).endsWith("." + extension);
  }

  /** File name without directory and extension. */
  String stem() {
    String name = relative.substring(relative.lastIndexOf('/') + 1);
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }
}
