package org.sparkmim.data.source;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.DatasetManifest;
import org.sparkmim.data.image.ImageFormat;

/** Tells a layout by its file names and, for tars, by their first entry. */
public final class LayoutDetection {
  private static final Pattern SYNSET = Pattern.compile("n\\d{8}");

  private LayoutDetection() {}

  /**
   * @throws DataException (input) when nothing fits, or more than one layout does
   */
  public static Layout of(Configuration hadoop, SourceTree tree) {
    if (tree.files().stream().anyMatch(f -> f.relative().equals(DatasetManifest.FILE_NAME))) {
      throw DataException.input(
          "%s is an ingested data set already. Use it as it is, or give its shards/ directory to"
              + " ingest it anew.",
          tree.root());
    }
    List<SourceFile> tars = having(tree, "tar");
    boolean tables = !having(tree, "parquet").isEmpty();
    boolean pictures = tree.files().stream().anyMatch(LayoutDetection::isPicture);
    List<String> found = new ArrayList<>();
    if (!tars.isEmpty()) {
      found.add("tar archives");
    }
    if (tables) {
      found.add("Parquet tables");
    }
    if (pictures) {
      found.add("picture files");
    }
    if (found.size() > 1) {
      throw DataException.input(
          "%s holds %s. Give one of them as input, or say which with -D data.ingest.layout=...",
          tree.root(), String.join(" and ", found));
    }
    if (found.isEmpty()) {
      throw DataException.input(
          "%s holds no pictures (.jpg, .jpeg, .png, .webp), no tar archives and no Parquet tables"
              + " among its %d files. Compressed archives must be unpacked first.",
          tree.root(), tree.files().size());
    }
    if (!tars.isEmpty()) {
      return ofTars(hadoop, tars);
    }
    if (tables) {
      return Layout.PARQUET;
    }
    boolean nested =
        tree.files().stream().anyMatch(f -> isPicture(f) && f.relative().contains("/"));
    return nested ? Layout.CLASS_FOLDERS : Layout.PLAIN_FOLDER;
  }

  static List<SourceFile> having(SourceTree tree, String extension) {
    return tree.files().stream().filter(f -> f.hasExtension(extension)).toList();
  }

  private static boolean isPicture(SourceFile file) {
    return ImageFormat.ofName(file.relative()).isPresent();
  }

  private static Layout ofTars(Configuration hadoop, List<SourceFile> tars) {
    Optional<TarEntry> first = firstEntry(hadoop, tars.get(0));
    if (first.isPresent() && first.get().name().endsWith(".tar")) {
      return Layout.ILSVRC_TAR;
    }
    boolean classes = tars.stream().allMatch(tar -> SYNSET.matcher(tar.stem()).matches());
    return classes ? Layout.CLASS_TARS : Layout.WEBDATASET;
  }

  private static Optional<TarEntry> firstEntry(Configuration hadoop, SourceFile tar) {
    try (TarScanner scanner = TarScanner.open(hadoop, tar.path(), 0, tar.length())) {
      Optional<TarEntry> entry = scanner.next();
      while (entry.isPresent() && !entry.get().regular()) {
        entry = scanner.next();
      }
      return entry;
    } catch (IOException | TarFault e) {
      throw new DataException(
          DataException.Kind.INPUT, "Cannot read " + tar.path() + ": " + e.getMessage(), e);
    }
  }
}
