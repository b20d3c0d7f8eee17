package org.sparkmim.data.source;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.ParquetTables.QuarantineRow;
import org.sparkmim.data.image.ImageFault.Reason;

/**
 * All pictures of an input, in an order that only the input decides.
 *
 * @param layout as given or detected
 * @param items pictures
 * @param rejected files that no picture can be made of
 * @param labelNames names that number the labels, where the input says so; else empty
 */
public record SourceListing(
    Layout layout, List<SourceItem> items, List<QuarantineRow> rejected, List<String> labelNames) {

  /** Lists many tars, possibly on many machines; answers in the order of the questions. */
  public interface TarLister extends Function<List<TarRange>, List<TarListing>> {}

  /**
   * @param classTars lists tars of one class each
   * @param sampleTars lists WebDataset tars
   * @throws DataException (input) when the input does not have the layout
   */
  public static SourceListing of(
      Configuration hadoop,
      SourceTree tree,
      Layout layout,
      TarLister classTars,
      TarLister sampleTars) {
    return switch (layout) {
      case CLASS_FOLDERS -> classFolders(tree);
      case PLAIN_FOLDER -> plainFolder(tree);
      case PARQUET -> parquet(hadoop, tree);
      case WEBDATASET -> tars(tree, layout, sampleTars, tar -> "");
      case CLASS_TARS -> tars(tree, layout, classTars, SourceFile::stem);
      case ILSVRC_TAR -> ilsvrc(hadoop, tree, classTars);
    };
  }

  private static SourceListing classFolders(SourceTree tree) {
    List<SourceItem> items = new ArrayList<>();
    for (SourceFile file : tree.files()) {
      int slash = file.relative().indexOf('/');
      items.add(whole(file, slash < 0 ? "" : file.relative().substring(0, slash)));
    }
    if (items.stream().allMatch(item -> item.label().isEmpty())) {
      throw DataException.input(
          "%s has no class folders. Use -D data.ingest.layout=plain-folder to ingest it without"
              + " labels.",
          tree.root());
    }
    return new SourceListing(Layout.CLASS_FOLDERS, items, new ArrayList<>(), List.of());
  }

  private static SourceListing plainFolder(SourceTree tree) {
    List<SourceItem> items = tree.files().stream().map(file -> whole(file, "")).toList();
    return new SourceListing(Layout.PLAIN_FOLDER, items, new ArrayList<>(), List.of());
  }

  private static SourceItem whole(SourceFile file, String label) {
    return SourceItem.range(file.relative(), label, file.path(), 0, file.length());
  }

  private static SourceListing parquet(Configuration hadoop, SourceTree tree) {
    List<SourceItem> items = new ArrayList<>();
    List<QuarantineRow> rejected = new ArrayList<>();
    List<String> labelNames = new ArrayList<>();
    for (SourceFile file : require(tree, Layout.PARQUET, "parquet")) {
      try (ParquetPictures table = ParquetPictures.open(hadoop, file.path())) {
        for (long row = 0; row < table.rows(); row++) {
          items.add(SourceItem.row(file.relative() + "#" + row, file.path(), row));
        }
        mergeNames(labelNames, table.labelNames(), file);
      } catch (IOException e) {
        rejected.add(TarListing.reject(file.relative(), Reason.CORRUPT, e.getMessage()));
      }
    }
    return new SourceListing(Layout.PARQUET, items, rejected, labelNames);
  }

  private static void mergeNames(List<String> known, List<String> names, SourceFile file) {
    if (known.isEmpty()) {
      known.addAll(names);
    } else if (!names.isEmpty() && !names.equals(known)) {
      throw DataException.input(
          "%s numbers its labels otherwise than the tables before it. Ingest tables of one data set"
              + " only.",
          file.path());
    }
  }

  private static SourceListing tars(
      SourceTree tree, Layout layout, TarLister lister, Function<SourceFile, String> label) {
    List<TarRange> ranges =
        require(tree, layout, "tar").stream()
            .map(
                tar ->
                    new TarRange(
                        tar.relative(),
                        SourceItem.limited(label.apply(tar)),
                        tar.path(),
                        0,
                        tar.length()))
            .toList();
    return merge(layout, lister.apply(ranges), new ArrayList<>());
  }

  private static SourceListing ilsvrc(Configuration hadoop, SourceTree tree, TarLister lister) {
    List<QuarantineRow> rejected = new ArrayList<>();
    List<TarRange> inner = new ArrayList<>();
    for (SourceFile tar : require(tree, Layout.ILSVRC_TAR, "tar")) {
      TarRange outer = new TarRange(tar.relative(), "", tar.path(), 0, tar.length());
      inner.addAll(TarListing.inner(hadoop, outer, rejected));
    }
    return merge(Layout.ILSVRC_TAR, lister.apply(inner), rejected);
  }

  private static SourceListing merge(
      Layout layout, List<TarListing> listings, List<QuarantineRow> rejected) {
    List<SourceItem> items = new ArrayList<>();
    for (TarListing listing : listings) {
      items.addAll(listing.items());
      rejected.addAll(listing.rejected());
    }
    return new SourceListing(layout, items, rejected, List.of());
  }

  private static List<SourceFile> require(SourceTree tree, Layout layout, String extension) {
    List<SourceFile> files = LayoutDetection.having(tree, extension);
    if (files.isEmpty()) {
      throw DataException.input(
          "%s has no .%s files, which the layout %s needs", tree.root(), extension, layout.code());
    }
    return files;
  }
}
