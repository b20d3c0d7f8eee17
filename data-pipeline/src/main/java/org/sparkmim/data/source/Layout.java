package org.sparkmim.data.source;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.sparkmim.data.DataException;

/** How a picture collection is laid out. */
public enum Layout {
  /** {@code <class>/<picture>}. */
  CLASS_FOLDERS,
  /** A directory of one tar a class, named by the class. */
  CLASS_TARS,
  /** The ILSVRC tar: a tar of one tar a class. */
  ILSVRC_TAR,
  /** Pictures without labels. */
  PLAIN_FOLDER,
  /** Tables with {@code image{bytes,path}} and {@code label}. */
  PARQUET,
  /** Tars whose neighbouring entries with one stem make a sample. */
  WEBDATASET;

  /** The name in settings, such as {@code class-folders}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Reads a setting; {@code auto} gives nothing.
   *
   * @throws DataException (argument) for an unknown name
   */
  public static Optional<Layout> parse(String code) {
    if (code.equals("auto")) {
      return Optional.empty();
    }
    for (Layout layout : values()) {
      if (layout.code().equals(code)) {
        return Optional.of(layout);
      }
    }
    throw DataException.argument(
        "data.ingest.layout must be auto, %s, got '%s'",
        Arrays.stream(values()).map(Layout::code).collect(Collectors.joining(", ")), code);
  }
}
