package org.sparkmim.data.ingest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.dataset.DatasetManifest;
import org.sparkmim.data.dataset.Storage;

/**
 * The place a data set is written to. From {@link #begin} to {@link #commit} a marker says that its
 * files are an ingest's own litter; a directory without marker and without commit is somebody
 * else's.
 */
final class OutputDirectory {
  private static final String MARKER = "_ingest-unfinished.json";
  private static final Set<String> OWN =
      Set.of(
          MARKER,
          "_" + MARKER + ".writing",
          "_" + DatasetManifest.FILE_NAME + ".writing",
          Dataset.SHARDS,
          Dataset.INDEX,
          Dataset.QUARANTINE);

  /** What lies at the place. */
  enum State {
    ABSENT,
    EMPTY,
    UNFINISHED,
    COMMITTED
  }

  private final Storage storage;
  private final State before;

  private OutputDirectory(Storage storage, State before) {
    this.storage = storage;
    this.before = before;
  }

  /**
   * Looks at the place, and writes nothing.
   *
   * @throws DataException (argument) when it holds anything but an ingest's work
   */
  static OutputDirectory look(Storage storage) {
    try {
      return new OutputDirectory(storage, state(storage));
    } catch (IOException e) {
      throw unusable(storage, e);
    }
  }

  private static State state(Storage storage) throws IOException {
    FileSystem fileSystem = storage.fileSystem();
    if (!fileSystem.exists(storage.root())) {
      return State.ABSENT;
    }
    if (!fileSystem.getFileStatus(storage.root()).isDirectory()) {
      throw DataException.argument(
          "The output %s is a file. Give a new or empty directory.", storage.root());
    }
    List<String> names = new ArrayList<>();
    for (FileStatus status : fileSystem.listStatus(storage.root())) {
      names.add(status.getPath().getName());
    }
    if (names.contains(DatasetManifest.FILE_NAME)) {
      return State.COMMITTED;
    }
    List<String> foreign = names.stream().filter(name -> !OWN.contains(name)).sorted().toList();
    boolean own = names.contains(MARKER) || names.contains("_" + MARKER + ".writing");
    if (!names.isEmpty() && (!own || !foreign.isEmpty())) {
      throw DataException.argument(
          "The output %s holds other files (%s). Give a new or empty directory.",
          storage.root(),
          String.join(", ", (foreign.isEmpty() ? names : foreign).stream().limit(3).toList()));
    }
    return names.isEmpty() ? State.EMPTY : State.UNFINISHED;
  }

  State before() {
    return before;
  }

  Storage storage() {
    return storage;
  }

  /** Marks the place as being written, and clears what an interrupted ingest left there. */
  void begin(String input) {
    try {
      storage.fileSystem().mkdirs(storage.root());
      storage.writeAtomically(
          MARKER, "{\"input\" : \"" + input.replaceAll("[\"\\\\\\p{Cntrl}]", "?") + "\"}\n");
      clear();
      for (String directory : List.of(Dataset.SHARDS, Dataset.INDEX, Dataset.QUARANTINE)) {
        storage.fileSystem().mkdirs(storage.path(directory));
      }
    } catch (IOException e) {
      throw unusable(storage, e);
    }
  }

  private void clear() throws IOException {
    for (String name : OWN) {
      if (!name.equals(MARKER)) {
        storage.fileSystem().delete(storage.path(name), true);
      }
    }
  }

  /** Makes the data set visible. */
  void commit(String manifest) throws IOException {
    for (String directory : List.of(Dataset.SHARDS, Dataset.INDEX, Dataset.QUARANTINE)) {
      clearAttempts(storage.path(directory));
    }
    // The rename inside is the commit: before it there is no dataset.json, after it all of it.
    storage.writeAtomically(DatasetManifest.FILE_NAME, manifest);
    storage.fileSystem().delete(storage.path(MARKER), false);
  }

  /** Removes what killed or speculative tasks left beside the finished files. */
  private void clearAttempts(Path directory) throws IOException {
    for (FileStatus status : storage.fileSystem().listStatus(directory)) {
      if (status.getPath().getName().startsWith("_")) {
        storage.fileSystem().delete(status.getPath(), false);
      }
    }
  }

  /** Takes back everything written, when the input turned out to be unusable. */
  void abandon() {
    try {
      clear();
      storage.fileSystem().delete(storage.path(MARKER), false);
      if (before == State.ABSENT) {
        storage.fileSystem().delete(storage.root(), false);
      }
    } catch (IOException e) {
      // The marker still says that the rest is litter, so the next run clears it.
      return;
    }
  }

  private static DataException unusable(Storage storage, IOException cause) {
    return new DataException(
        DataException.Kind.ARGUMENT,
        "Cannot write to the output "
            + storage.root()
            + ": "
            + cause.getMessage()
            + ". Give a directory that can be written.",
        cause);
  }
}
