package org.sparkmim.data.dataset;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.DatasetManifest.FileEntry;
import org.sparkmim.data.dataset.ParquetTables.QuarantineRow;

/**
 * What a close look at a committed data set found: every byte of every file is read and compared
 * with its committed hash.
 *
 * @param uri where it lies
 * @param damage one sentence a damaged file or row; empty for a sound data set
 * @param widths pixels across; empty when the index is damaged
 * @param heights pixels down; empty when the index is damaged
 * @param fileBytes encoded sizes; empty when the index is damaged
 * @param quarantine the first files in quarantine
 */
public record Inspection(
    String uri,
    DatasetManifest manifest,
    List<String> damage,
    Optional<Spread> widths,
    Optional<Spread> heights,
    Optional<Spread> fileBytes,
    List<QuarantineRow> quarantine) {
  private static final int QUARANTINE_ROWS = 20;

  /** Smallest, middle and largest of many numbers. */
  public record Spread(long smallest, long median, long largest) {
    static Optional<Spread> of(long[] numbers) {
      if (numbers.length == 0) {
        return Optional.empty();
      }
      long[] sorted = numbers.clone();
      java.util.Arrays.sort(sorted);
      return Optional.of(
          new Spread(sorted[0], sorted[sorted.length / 2], sorted[sorted.length - 1]));
    }
  }

  /**
   * Inspects a data set.
   *
   * @throws DataException (input) when there is no readable commit to compare with
   */
  public static Inspection of(Configuration hadoop, String uri) {
    Storage storage = Storage.at(hadoop, uri);
    DatasetManifest manifest = Dataset.readManifest(storage);
    List<String> damage = new ArrayList<>(damagedFiles(storage, manifest));
    Rows rows = new Rows(manifest);
    List<QuarantineRow> quarantine = new ArrayList<>();
    if (damage.isEmpty()) {
      try {
        for (FileEntry entry : manifest.index()) {
          ParquetTables.readIndex(
              hadoop, storage.path(Dataset.INDEX + "/" + entry.name()), rows::take);
        }
        damage.addAll(rows.contradictions());
        for (FileEntry entry : manifest.quarantine()) {
          ParquetTables.readQuarantine(
              hadoop,
              storage.path(Dataset.QUARANTINE + "/" + entry.name()),
              row -> keepFirst(quarantine, row));
        }
      } catch (IOException e) {
        damage.add(e.getMessage());
      }
    }
    return new Inspection(
        storage.root().toString(),
        manifest,
        List.copyOf(damage),
        Spread.of(rows.taken(rows.width)),
        Spread.of(rows.taken(rows.height)),
        Spread.of(rows.taken(rows.bytes)),
        List.copyOf(quarantine));
  }

  /** Whether every file is as it was committed. */
  public boolean sound() {
    return damage.isEmpty();
  }

  private static void keepFirst(List<QuarantineRow> kept, QuarantineRow row) {
    if (kept.size() < QUARANTINE_ROWS) {
      kept.add(row);
    }
  }

  private static List<String> damagedFiles(Storage storage, DatasetManifest manifest) {
    return Stream.of(
            manifest.shards().parallelStream().map(e -> check(storage, Dataset.SHARDS, e)),
            manifest.index().parallelStream().map(e -> check(storage, Dataset.INDEX, e)),
            manifest.quarantine().parallelStream().map(e -> check(storage, Dataset.QUARANTINE, e)))
        .flatMap(found -> found.toList().stream())
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<String> check(Storage storage, String directory, FileEntry entry) {
    Path path = storage.path(directory + "/" + entry.name());
    try (InputStream in = storage.fileSystem().open(path)) {
      long bytes = storage.fileSystem().getFileStatus(path).getLen();
      if (bytes != entry.bytes()) {
        return Optional.of(path + " has " + bytes + " bytes, not " + entry.bytes());
      }
      return Sha256.of(in).equals(entry.sha256())
          ? Optional.empty()
          : Optional.of(path + " has other content than was committed (its hash differs)");
    } catch (FileNotFoundException e) {
      return Optional.of(path + " is missing");
    } catch (IOException e) {
      return Optional.of(path + " cannot be read: " + e.getMessage());
    }
  }

  /** Columns of the index, and what does not add up in them. */
  private static final class Rows {
    private final DatasetManifest manifest;
    private final long[] width;
    private final long[] height;
    private final long[] bytes;
    private final long[] perLabel;
    private int taken;

    Rows(DatasetManifest manifest) {
      this.manifest = manifest;
      this.width = new long[(int) manifest.samples()];
      this.height = new long[(int) manifest.samples()];
      this.bytes = new long[(int) manifest.samples()];
      this.perLabel = new long[manifest.labels().size()];
    }

    void take(IndexRow row) {
      if (taken < width.length) {
        width[taken] = row.width();
        height[taken] = row.height();
        bytes[taken] = row.length();
        if (row.label() >= 0 && row.label() < perLabel.length) {
          perLabel[row.label()]++;
        }
      }
      taken++;
    }

    long[] taken(long[] column) {
      return java.util.Arrays.copyOf(column, Math.min(taken, column.length));
    }

    List<String> contradictions() {
      List<String> found = new ArrayList<>();
      if (taken != manifest.samples()) {
        found.add("the index has " + taken + " rows for " + manifest.samples() + " samples");
      }
      for (int label = 0; label < perLabel.length; label++) {
        DatasetManifest.Label wanted = manifest.labels().get(label);
        if (perLabel[label] != wanted.samples()) {
          found.add(
              "the index has "
                  + perLabel[label]
                  + " samples of "
                  + wanted.name()
                  + ", not "
                  + wanted.samples());
        }
      }
      return found;
    }
  }
}
