package org.sparkmim.job.commit;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.sparkmim.job.MimException;
import org.sparkmim.job.RunObserver;
import org.sparkmim.model.weights.Tensor;

/** A run on disk, open for training by one process. */
public final class RunDirectory implements AutoCloseable {
  private final RunStorage storage;
  private final Path root;
  private final Checkpoints checkpoints;
  private final RunLock lock;

  private RunDirectory(RunStorage storage, Path root, RunObserver observer, RunLock lock) {
    this.storage = storage;
    this.root = root;
    this.checkpoints =
        new Checkpoints(storage, new Path(root, Checkpoint.FOLDER), observer, lock::check);
    this.lock = lock;
  }

  /**
   * Checks that a run can be written to {@code uri}, without writing anything.
   *
   * @throws MimException (usage) if the directory holds another run or something else
   */
  public static void check(Configuration hadoop, String uri, RunRecord record) {
    try {
      Path root = qualified(hadoop, uri);
      check(RunStorage.of(hadoop, root), root, record);
    } catch (IOException e) {
      throw unwritable(uri, e);
    }
  }

  /**
   * Opens a run, new or resumed.
   *
   * @throws MimException (usage) if the directory cannot be written, holds another run or something
   *     else; (busy) if another process trains into it
   */
  public static RunDirectory open(
      Configuration hadoop, String uri, RunRecord record, RunObserver observer) {
    try {
      Path root = qualified(hadoop, uri);
      RunStorage storage = RunStorage.of(hadoop, root);
      check(storage, root, record);
      storage.makeDirectory(new Path(root, Checkpoint.FOLDER));
      RunLock lock = RunLock.take(storage, root);
      try {
        storage.replace(new Path(root, RunRecord.NAME), record.toJson());
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
      return new RunDirectory(storage, root, observer, lock);
    } catch (IOException e) {
      throw unwritable(uri, e);
    }
  }

  /**
   * Makes a run whose only checkpoint, before the first step, holds weights from elsewhere.
   *
   * @param weights every tensor of the model file
   * @param origin more for the metadata of the model file
   * @throws MimException (usage) if there is anything at {@code uri} or it cannot be written
   */
  public static Checkpoint create(
      Configuration hadoop,
      String uri,
      RunRecord record,
      StateFiles files,
      List<Tensor> weights,
      Map<String, String> origin) {
    try {
      Path root = qualified(hadoop, uri);
      RunStorage storage = RunStorage.of(hadoop, root);
      checkFree(hadoop, uri);
      try {
        storage.makeDirectory(new Path(root, Checkpoint.FOLDER));
        Checkpoints.Committed first =
            new Checkpoints(storage, new Path(root, Checkpoint.FOLDER), RunObserver.NONE)
                .commit(Progress.start().step(), files.start(weights, origin), 1);
        // This write is the commit. A record without its checkpoint would train from nothing.
        storage.replace(new Path(root, RunRecord.NAME), record.toJson());
        return new Checkpoint(storage, first.directory());
      } catch (IOException | RuntimeException e) {
        storage.delete(root);
        throw e;
      }
    } catch (IOException e) {
      throw unwritable(uri, e);
    }
  }

  /**
   * Checks that there is nothing yet where a run is to be made.
   *
   * @throws MimException (usage) if there is something
   */
  public static void checkFree(Configuration hadoop, String uri) {
    try {
      Path root = qualified(hadoop, uri);
      RunStorage storage = RunStorage.of(hadoop, root);
      if (storage.exists(root)
          && (!storage.fs().getFileStatus(root).isDirectory() || storage.list(root).length > 0)) {
        throw MimException.usage(
            "Cannot make a run of "
                + root
                + ": something is there, and a run is never overwritten. Name an empty or new"
                + " directory.");
      }
    } catch (IOException e) {
      throw unwritable(uri, e);
    }
  }

  private static Path qualified(Configuration hadoop, String uri) throws IOException {
    Path path = new Path(uri);
    return RunStorage.of(hadoop, path).fs().makeQualified(path);
  }

  private static void check(RunStorage storage, Path root, RunRecord record) throws IOException {
    if (!storage.exists(root)) {
      return;
    }
    if (!storage.fs().getFileStatus(root).isDirectory()) {
      throw MimException.usage(
          "Cannot write a run to " + root + ": it is a file. Name a directory.");
    }
    Path file = new Path(root, RunRecord.NAME);
    if (storage.exists(file)) {
      List<String> differences = Checkpoint.record(storage, file).differencesFrom(record);
      if (!differences.isEmpty()) {
        throw MimException.usage(
            "Cannot train into "
                + root
                + ": another run is there: "
                + String.join("; ", differences)
                + ". Repeat its settings to continue it, or name another --output.");
      }
      return;
    }
    for (FileStatus status : storage.list(root)) {
      String name = status.getPath().getName();
      if (!name.startsWith(".") && !isEmptyCheckpoints(storage, status)) {
        throw MimException.usage(
            "Cannot write a run to "
                + root
                + ": it holds "
                + name
                + " and no "
                + RunRecord.NAME
                + ", so it is no run. Name an empty or new directory.");
      }
    }
  }

  /** What a process leaves that died between making the directory and writing the record. */
  private static boolean isEmptyCheckpoints(RunStorage storage, FileStatus status)
      throws IOException {
    return status.isDirectory()
        && status.getPath().getName().equals(Checkpoint.FOLDER)
        && storage.list(status.getPath()).length == 0;
  }

  private static MimException unwritable(String uri, IOException e) {
    String why =
        e instanceof AccessControlException || e instanceof java.nio.file.AccessDeniedException
            ? "permission denied"
            : String.valueOf(e.getMessage());
    return MimException.usage(
        "Cannot write a run to " + uri + ": " + why + ". Name a directory that can be written.", e);
  }

  /** The run's address. */
  public Path path() {
    return root;
  }

  /** The newest checkpoint that verifies, and what was wrong with newer ones. */
  public Resumable newest() {
    try {
      Checkpoints.Newest newest = checkpoints.newest();
      return new Resumable(
          newest.checkpoint().map(found -> new Checkpoint(storage, found.directory())),
          newest.damaged());
    } catch (IOException e) {
      throw MimException.failed(
          "Cannot look for the newest checkpoint of "
              + root
              + ": "
              + e.getMessage()
              + ". Mend the storage and repeat the command; without the checkpoint named, it continues"
              + " from the one before.",
          e);
    }
  }

  /**
   * Where a run can continue.
   *
   * @param checkpoint empty if there is none to start from
   * @param damaged what was wrong with each newer one
   */
  public record Resumable(Optional<Checkpoint> checkpoint, List<String> damaged) {
    public Resumable {
      damaged = List.copyOf(damaged);
    }
  }

  /** Commits a checkpoint and keeps the newest {@code keep}. */
  public Checkpoint commit(StateFiles files, FlatState state, Progress progress, int keep) {
    try {
      Checkpoints.Committed committed =
          checkpoints.commit(progress.step(), files.bodies(state, progress), keep);
      return new Checkpoint(storage, committed.directory());
    } catch (IOException e) {
      throw MimException.failed(
          "Cannot commit a checkpoint to "
              + root
              + ": "
              + e.getMessage()
              + ". Free space or mend the storage; the same command continues from the last commit.",
          e);
    }
  }

  /**
   * Makes sure that this process still has the run, before it writes anything but a commit.
   *
   * @throws MimException (failed) if another process has taken it over
   */
  public void requireHeld() {
    try {
      lock.checkCheaply();
    } catch (IOException e) {
      throw MimException.failed(
          "Cannot see whether "
              + root
              + " still belongs to this process: "
              + e.getMessage()
              + ". Mend the storage; the same command continues from the last commit.",
          e);
    }
  }

  /** The metrics of a run that continues after {@code round} rounds. */
  public MetricsLog metrics(long round) {
    try {
      return MetricsLog.open(storage, new Path(root, MetricsLog.NAME), round);
    } catch (IOException e) {
      throw unwritable(root.toString(), e);
    }
  }

  @Override
  public void close() {
    lock.close();
  }
}
