package org.sparkmim.job.commit;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.BlockMissingException;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.sparkmim.job.MimException;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;

/**
 * The checkpoints of a run: directories {@code step-00001200}, each whole or not there.
 *
 * <p>Where renaming a directory is atomic, a checkpoint is written under another name and the
 * rename is the commit. On an object store its files are written in place and the manifest, written
 * last, is the commit. In both cases readers take only what the manifest's sizes and hashes
 * confirm.
 */
final class Checkpoints {
  private static final Logger LOG = LogManager.getLogger(Checkpoints.class);
  private static final Pattern COMMITTED = Pattern.compile("step-(\\d{8,18})");
  private static final String ASIDE = ".writing-";
  private static final String LEAVING = ".deleting-";

  /** A verified checkpoint. */
  record Committed(long step, Path directory) {}

  /** The newest checkpoint that verifies, and what was wrong with newer ones. */
  record Newest(Optional<Committed> checkpoint, List<String> damaged) {}

  private final RunStorage storage;
  private final Path directory;
  private final RunObserver observer;
  private final Fence fence;

  /** Asked whether this process may still commit; throws if not. */
  @FunctionalInterface
  interface Fence {
    void check() throws IOException;
  }

  Checkpoints(RunStorage storage, Path directory, RunObserver observer) {
    this(storage, directory, observer, () -> {});
  }

  Checkpoints(RunStorage storage, Path directory, RunObserver observer, Fence fence) {
    this.storage = storage;
    this.directory = directory;
    this.observer = observer;
    this.fence = fence;
  }

  static String name(long step) {
    return String.format("step-%08d", step);
  }

  /**
   * Commits a checkpoint, then removes what dead runs left and all but the newest {@code keep}.
   *
   * @param files bodies by plain file name
   */
  Committed commit(long step, Map<String, RunStorage.Body> files, int keep) throws IOException {
    Path committed = new Path(directory, name(step));
    fence.check();
    clearTheWay(committed);
    boolean aside = storage.renamesAtomically();
    Path target = aside ? new Path(directory, ASIDE + UUID.randomUUID()) : committed;
    storage.makeDirectory(target);
    SortedMap<String, Manifest.File> written = new TreeMap<>();
    for (Map.Entry<String, RunStorage.Body> file : new TreeMap<>(files).entrySet()) {
      Path path = new Path(target, file.getKey());
      observer.before(Phase.BLOB_WRITE, path.toString());
      written.put(file.getKey(), write(path, file.getValue()));
    }
    byte[] json = new Manifest(written).toJson();
    Path manifest = new Path(target, Manifest.NAME);
    observer.before(Phase.MANIFEST_WRITE, manifest.toString());
    if (aside) {
      storage.write(manifest, out -> out.write(json));
      observer.before(Phase.COMMIT_RENAME, committed.toString());
      // This rename is the commit.
      publish(() -> storage.rename(target, committed), committed, json);
    } else {
      // This write is the commit.
      publish(() -> storage.write(manifest, out -> out.write(json)), committed, json);
    }
    tidy(step, keep);
    return new Committed(step, committed);
  }

  /** The one act that makes a checkpoint visible. */
  @FunctionalInterface
  private interface Act {
    void run() throws IOException;
  }

  /**
   * Does the act that commits, and looks whether it took place: the answer to it can be lost, and
   * HDFS calls it a success when it moves a directory into one that already has its name.
   */
  private void publish(Act act, Path committed, byte[] json) throws IOException {
    fence.check();
    IOException failure = null;
    try {
      act.run();
    } catch (IOException e) {
      failure = e;
    }
    if (isThere(committed, json).orElse(failure == null)) {
      return;
    }
    throw failure != null
        ? failure
        : new IOException(committed + " is not what was committed; something else is in its place");
  }

  /** Whether readers see a checkpoint with that manifest; empty if the storage does not answer. */
  private Optional<Boolean> isThere(Path committed, byte[] json) {
    try {
      Path manifest = new Path(committed, Manifest.NAME);
      return Optional.of(Arrays.equals(storage.readSmall(manifest, Manifest.MAX_BYTES), json));
    } catch (FileNotFoundException e) {
      return Optional.of(false);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Finds the newest checkpoint that verifies. */
  Newest newest() throws IOException {
    List<String> damaged = new ArrayList<>();
    for (long step : steps()) {
      Path path = new Path(directory, name(step));
      Optional<String> damage = damage(path);
      if (damage.isEmpty()) {
        return new Newest(Optional.of(new Committed(step, path)), damaged);
      }
      damaged.add(path + ": " + damage.get());
    }
    return new Newest(Optional.empty(), damaged);
  }

  /** Steps of all directories that look committed, newest first. */
  List<Long> steps() throws IOException {
    List<Long> steps = new ArrayList<>();
    for (FileStatus status : storage.list(directory)) {
      Matcher name = COMMITTED.matcher(status.getPath().getName());
      if (status.isDirectory() && name.matches()) {
        steps.add(Long.parseLong(name.group(1)));
      }
    }
    steps.sort(Comparator.reverseOrder());
    return steps;
  }

  /** What is wrong with a checkpoint; empty if its manifest confirms every file. */
  Optional<String> damage(Path checkpoint) throws IOException {
    return damage(checkpoint, this::otherContent);
  }

  /** What makes a checkpoint no whole one, by names and sizes alone. */
  private Optional<String> gap(Path checkpoint) throws IOException {
    return damage(checkpoint, (file, expected) -> Optional.empty());
  }

  /** What is wrong with a file of the size it should have. */
  @FunctionalInterface
  private interface Look {
    Optional<String> at(Path file, Manifest.File expected) throws IOException;
  }

  private Optional<String> damage(Path checkpoint, Look look) throws IOException {
    Path path = new Path(checkpoint, Manifest.NAME);
    Optional<Manifest> manifest;
    try {
      if (storage.size(path) > Manifest.MAX_BYTES) {
        return Optional.of(Manifest.NAME + " is damaged: it is larger than any can be");
      }
      manifest = Manifest.fromJson(storage.readSmall(path, Manifest.MAX_BYTES));
    } catch (FileNotFoundException e) {
      return Optional.of("has no " + Manifest.NAME + ", so it was never committed");
    } catch (IOException e) {
      return unreadable(path, e);
    }
    if (manifest.isEmpty()) {
      return Optional.of(Manifest.NAME + " is damaged");
    }
    for (Map.Entry<String, Manifest.File> file : manifest.get().files().entrySet()) {
      Path at = new Path(checkpoint, file.getKey());
      Optional<String> damage = damage(at, file.getValue(), look);
      if (damage.isPresent()) {
        return Optional.of(file.getKey() + " " + damage.get());
      }
    }
    return Optional.empty();
  }

  private Optional<String> damage(Path file, Manifest.File expected, Look look) throws IOException {
    try {
      long bytes = storage.size(file);
      return bytes == expected.bytes()
          ? look.at(file, expected)
          : Optional.of("has " + bytes + " bytes instead of " + expected.bytes());
    } catch (FileNotFoundException e) {
      return Optional.of("is missing");
    } catch (IOException e) {
      return unreadable(file, e);
    }
  }

  private Optional<String> otherContent(Path file, Manifest.File expected) throws IOException {
    return sha256(file).equals(expected.sha256())
        ? Optional.empty()
        : Optional.of("has other content than was committed (SHA-256 differs)");
  }

  /**
   * HDFS has checksums of its own. Storage that is out of reach is no damage: nobody falls back.
   */
  private static Optional<String> unreadable(Path file, IOException e) throws IOException {
    if (e instanceof ChecksumException || e instanceof BlockMissingException) {
      return Optional.of("is damaged: its file system says " + e.getMessage());
    }
    throw new IOException(file + " cannot be read (" + e.getMessage() + ")", e);
  }

  private void clearTheWay(Path committed) throws IOException {
    if (!storage.exists(committed)) {
      return;
    }
    if (damage(committed).isEmpty()) {
      throw MimException.failed(
          "Cannot commit "
              + committed
              + ": it is there already, so another process trains into this run. Stop one of them.");
    }
    remove(committed);
  }

  /**
   * Removes the leavings of dead runs and all whole checkpoints but the newest {@code keep}. The
   * commit stands whatever becomes of this: what stays is for the next commit.
   */
  private void tidy(long newest, int keep) {
    List<Long> older = new ArrayList<>();
    attempt(
        directory,
        () -> {
          for (FileStatus status : storage.list(directory)) {
            attempt(status.getPath(), () -> sweep(status.getPath(), newest, older));
          }
        });
    older.sort(Comparator.reverseOrder());
    for (long step : older.subList(Math.min(keep - 1, older.size()), older.size())) {
      Path path = new Path(directory, name(step));
      attempt(
          path,
          () -> {
            observer.before(Phase.OLD_CHECKPOINT_DELETE, path.toString());
            remove(path);
          });
    }
  }

  private static void attempt(Path path, Act act) {
    try {
      act.run();
    } catch (IOException e) {
      LOG.warn("Cannot clear up {}: {}. The next commit tries again.", path, e.getMessage());
    }
  }

  /** Removes what is no checkpoint, and takes down the step of one that is older. */
  private void sweep(Path path, long newest, List<Long> older) throws IOException {
    String name = path.getName();
    Matcher committed = COMMITTED.matcher(name);
    if (name.startsWith(ASIDE) || name.startsWith(LEAVING)) {
      storage.delete(path);
    } else if (committed.matches()) {
      long step = Long.parseLong(committed.group(1));
      if (step == newest) {
        return;
      }
      if (gap(path).isPresent()) {
        remove(path);
      } else if (step < newest) {
        older.add(step);
      }
    }
  }

  /** Makes a checkpoint vanish at once for readers, then frees its space. */
  private void remove(Path checkpoint) throws IOException {
    if (storage.renamesAtomically()) {
      Path leaving = new Path(directory, LEAVING + UUID.randomUUID());
      storage.rename(checkpoint, leaving);
      storage.delete(leaving);
    } else {
      storage.delete(new Path(checkpoint, Manifest.NAME));
      storage.delete(checkpoint);
    }
  }

  private Manifest.File write(Path file, RunStorage.Body body) throws IOException {
    MessageDigest digest = newSha256();
    long[] bytes = new long[1];
    storage.write(
        file,
        out -> {
          Counted counted = new Counted(new DigestOutputStream(out, digest));
          body.writeTo(counted);
          bytes[0] = counted.bytes;
        });
    return new Manifest.File(bytes[0], HexFormat.of().formatHex(digest.digest()));
  }

  private String sha256(Path file) throws IOException {
    MessageDigest digest = newSha256();
    try (InputStream in = new DigestInputStream(storage.open(file), digest)) {
      byte[] buffer = new byte[1 << 16];
      while (in.read(buffer) >= 0) {
        // The digest sees what passes.
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new UncheckedIOException(new IOException("every Java has SHA-256", e));
    }
  }

  /** Counts what passes. */
  private static final class Counted extends OutputStream {
    private final OutputStream out;
    private long bytes;

    Counted(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      bytes++;
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      out.write(from, offset, length);
      bytes += length;
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }
}
