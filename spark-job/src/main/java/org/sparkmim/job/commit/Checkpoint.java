package org.sparkmim.job.commit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;
import org.sparkmim.job.RunObserver;

/** A checkpoint that verified when it was opened. */
public final class Checkpoint {
  static final String FOLDER = "checkpoints";
  private static final String PREFIX = "step-";

  private final RunStorage storage;
  private final Path directory;

  Checkpoint(RunStorage storage, Path directory) {
    this.storage = storage;
    this.directory = directory;
  }

  /**
   * Opens the newest whole checkpoint of a run, or one checkpoint.
   *
   * @param uri a run's directory or a checkpoint's
   * @throws MimException (input) if there is none, or the one named is damaged
   */
  public static Checkpoint open(Configuration hadoop, String uri) {
    try {
      Path path = new Path(uri);
      RunStorage storage = RunStorage.of(hadoop, path);
      path = storage.fs().makeQualified(path);
      if (path.getName().startsWith(PREFIX)) {
        return one(storage, path);
      }
      Checkpoints all = new Checkpoints(storage, new Path(path, FOLDER), RunObserver.NONE);
      Checkpoints.Newest newest = all.newest();
      if (newest.checkpoint().isEmpty()) {
        List<String> found = new ArrayList<>(newest.damaged());
        throw MimException.input(
            "Cannot find a checkpoint in "
                + path
                + (found.isEmpty() ? ": it has none" : ": " + String.join("; ", found))
                + ". Name a run that has committed one, or its "
                + FOLDER
                + "/step-... directory.");
      }
      return new Checkpoint(storage, newest.checkpoint().get().directory());
    } catch (IOException e) {
      throw MimException.input("Cannot read " + uri + ": " + e.getMessage(), e);
    }
  }

  /**
   * The newest whole checkpoint of a run; empty if there is no run, or none in it.
   *
   * @throws MimException (input) if the storage cannot be read
   */
  public static Optional<Checkpoint> newest(Configuration hadoop, String run) {
    try {
      RunStorage storage = RunStorage.of(hadoop, new Path(run));
      Path folder = new Path(storage.fs().makeQualified(new Path(run)), FOLDER);
      return new Checkpoints(storage, folder, RunObserver.NONE)
          .newest()
          .checkpoint()
          .map(found -> new Checkpoint(storage, found.directory()));
    } catch (IOException e) {
      throw MimException.input("Cannot read " + run + ": " + e.getMessage(), e);
    }
  }

  /**
   * Steps of the checkpoints that a run has, newest first; whether they are whole is not looked at.
   */
  public static List<Long> steps(Configuration hadoop, String run) {
    try {
      RunStorage storage = RunStorage.of(hadoop, new Path(run));
      return new Checkpoints(storage, new Path(run, FOLDER), RunObserver.NONE).steps();
    } catch (IOException e) {
      throw MimException.input("Cannot read " + run + ": " + e.getMessage(), e);
    }
  }

  /**
   * Opens the checkpoint of a step.
   *
   * @param run directory of the run
   * @throws MimException (input) if it is not there or damaged
   */
  public static Checkpoint open(Configuration hadoop, String run, long step) {
    return open(hadoop, new Path(new Path(run, FOLDER), Checkpoints.name(step)).toString());
  }

  /** Whether a run still has the checkpoint of a step. */
  public static boolean exists(Configuration hadoop, String run, long step) {
    return new RunFiles(hadoop)
        .exists(new Path(new Path(run, FOLDER), Checkpoints.name(step) + "/" + Manifest.NAME));
  }

  private static Checkpoint one(RunStorage storage, Path path) throws IOException {
    if (!storage.exists(path)) {
      throw MimException.input("Cannot find the checkpoint " + path + ". Check the path.");
    }
    Optional<String> damage =
        new Checkpoints(storage, path.getParent(), RunObserver.NONE).damage(path);
    if (damage.isPresent()) {
      throw MimException.input(
          "Cannot use the checkpoint " + path + ": " + damage.get() + ". Take another one.");
    }
    return new Checkpoint(storage, path);
  }

  /** Its directory, such as {@code run/checkpoints/step-00001200}. */
  public Path directory() {
    return directory;
  }

  /** Its weights under the official names; the metadata says which model they are of. */
  public Path model() {
    return new Path(directory, StateFiles.MODEL);
  }

  /** The directory of its run. */
  public Path run() {
    return directory.getParent().getParent();
  }

  /** Its directory's name, such as {@code step-00001200}. */
  public String name() {
    return directory.getName();
  }

  /** How far the run was. */
  public Progress progress() {
    try {
      return StateFiles.readProgress(storage, directory);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** Parameters and moments of a model whose tensors are those of {@code files}. */
  public FlatState state(StateFiles files) {
    try {
      return files.readState(storage, directory);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private MimException unreadable(IOException e) {
    return MimException.failed(
        "Cannot read the checkpoint "
            + directory
            + ": "
            + e.getMessage()
            + ". Mend the storage and repeat the command.",
        e);
  }

  /** The record of its run. */
  public RunRecord record() {
    try {
      return record(storage, new Path(run(), RunRecord.NAME));
    } catch (IOException e) {
      throw MimException.input("Cannot read " + run() + ": " + e.getMessage(), e);
    }
  }

  static RunRecord record(RunStorage storage, Path file) throws IOException {
    return RunRecord.fromJson(storage.readSmall(file, Manifest.MAX_BYTES), file.toString());
  }
}
