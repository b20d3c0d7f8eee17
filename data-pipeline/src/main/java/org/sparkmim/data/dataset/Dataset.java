package org.sparkmim.data.dataset;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.sparkmim.data.DataException;

/** A committed data set, opened for reading. Immutable and shared by all threads of a process. */
public final class Dataset {
  /** Directory of the WebDataset tars. */
  public static final String SHARDS = "shards";

  /** Directory of the Parquet index. */
  public static final String INDEX = "index";

  /** Directory of the Parquet quarantine. */
  public static final String QUARANTINE = "quarantine";

  private static final int MAX_MANIFEST_BYTES = 1 << 28;

  private final Configuration hadoop;
  private final Storage storage;
  private final DatasetManifest manifest;
  private final SampleIndex index;

  private Dataset(
      Configuration hadoop, Storage storage, DatasetManifest manifest, SampleIndex index) {
    this.hadoop = hadoop;
    this.storage = storage;
    this.manifest = manifest;
    this.index = index;
  }

  /**
   * Opens a data set: its commit must be there and sound, its shards present in full size, its
   * index complete and as it was committed. Pictures are verified when they are read, by {@link
   * SampleReader}; the rest of the shards, and the quarantine, only by {@link Inspection}.
   *
   * @throws DataException (input) naming what is missing or damaged
   */
  public static Dataset open(Configuration hadoop, String uri) {
    Storage storage = Storage.at(hadoop, uri);
    DatasetManifest manifest = readManifest(storage);
    try {
      requireFiles(storage, SHARDS, manifest.shards());
      requireFiles(storage, INDEX, manifest.index());
      return new Dataset(hadoop, storage, manifest, readIndex(hadoop, storage, manifest));
    } catch (IOException e) {
      throw new DataException(
          DataException.Kind.INPUT,
          "Cannot read the data set " + storage.root() + ": " + e.getMessage(),
          e);
    }
  }

  /**
   * Reads the manifest alone.
   *
   * @throws DataException (input) when there is no commit or it is damaged
   */
  public static DatasetManifest readManifest(Storage storage) {
    String where = storage.path(DatasetManifest.FILE_NAME).toString();
    try {
      return DatasetManifest.parse(
          storage.readText(DatasetManifest.FILE_NAME, MAX_MANIFEST_BYTES), where);
    } catch (FileNotFoundException e) {
      throw DataException.input(
          "%s is not a committed data set: it has no %s. Run 'mim ingest' to make one, or run it"
              + " again if it was interrupted.",
          storage.root(), DatasetManifest.FILE_NAME);
    } catch (IOException e) {
      throw new DataException(
          DataException.Kind.INPUT, "Cannot read " + where + ": " + e.getMessage(), e);
    }
  }

  private static void requireFiles(
      Storage storage, String directory, List<DatasetManifest.FileEntry> entries)
      throws IOException {
    Map<String, Long> found = new HashMap<>();
    for (FileStatus status : storage.fileSystem().listStatus(storage.path(directory))) {
      found.put(status.getPath().getName(), status.getLen());
    }
    for (DatasetManifest.FileEntry entry : entries) {
      Long bytes = found.get(entry.name());
      if (bytes == null || bytes != entry.bytes()) {
        throw DataException.input(
            "%s/%s/%s %s; restore it or ingest the data set again",
            storage.root(),
            directory,
            entry.name(),
            bytes == null
                ? "is missing"
                : "has " + bytes + " bytes where " + entry.bytes() + " were committed");
      }
    }
  }

  private static SampleIndex readIndex(
      Configuration hadoop, Storage storage, DatasetManifest manifest) throws IOException {
    SampleIndex index = new SampleIndex((int) manifest.samples());
    int labels = manifest.labels().size();
    int next = 0;
    for (int s = 0; s < manifest.shards().size(); s++) {
      // Before anyone parses it: a table's own sizes decide what its reader allocates.
      requireContent(storage, manifest.index().get(s));
      PlaceChecker places = new PlaceChecker(index, s, manifest.shards().get(s), labels, next);
      ParquetTables.readPlaces(
          hadoop, storage.path(INDEX + "/" + manifest.index().get(s).name()), places);
      next = places.next();
    }
    if (next != index.size()) {
      throw new IOException("index ends after " + next + " of " + index.size() + " samples");
    }
    return index;
  }

  private static void requireContent(Storage storage, DatasetManifest.FileEntry index)
      throws IOException {
    try (InputStream in = storage.open(INDEX + "/" + index.name())) {
      if (!Sha256.of(in).equals(index.sha256())) {
        throw DataException.input(
            "%s/%s/%s has other content than was committed (SHA-256 differs); restore it or ingest"
                + " the data set again",
            storage.root(), INDEX, index.name());
      }
    }
  }

  /** Samples. */
  public long size() {
    return manifest.samples();
  }

  /** Label names in the order of label numbers; empty without labels. */
  public List<String> labels() {
    return manifest.labels().stream().map(DatasetManifest.Label::name).toList();
  }

  /**
   * Label names of a data set that must have some.
   *
   * @throws DataException (input) when it has none
   */
  public List<String> requireLabels() {
    if (manifest.labels().isEmpty()) {
      throw DataException.input(
          "%s has no labels, and evaluation needs them. Ingest from class folders, class tars or a"
              + " table with labels.",
          storage.root());
    }
    return labels();
  }

  /** Identity of the content, wherever it lies. */
  public String hash() {
    return manifest.hash();
  }

  public SampleIndex index() {
    return index;
  }

  public DatasetManifest manifest() {
    return manifest;
  }

  /** Where it lies, in full. */
  public String uri() {
    return storage.root().toString();
  }

  Storage storage() {
    return storage;
  }

  Configuration hadoop() {
    return hadoop;
  }

  /** A sample's name for messages: shard, byte and number. */
  public String describe(long id) {
    int i = Math.toIntExact(id);
    return String.format(
        "sample %d (%s/%s/%s, byte %d)",
        id,
        storage.root(),
        SHARDS,
        manifest.shards().get(index.shard()[i]).name(),
        index.offset()[i]);
  }
}
