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
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
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

  Checkpoints(RunStorage storage, Path directory, RunObserver observer) {
    this.storage = storage;
    this.directory = directory;
    this.observer = observer;
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
    Path manifest = new Path(target, Manifest.NAME);
    byte[] json = new Manifest(written).toJson();
    observer.before(Phase.MANIFEST_WRITE, manifest.toString());
    // On an object store this write is the commit.
    storage.write(manifest, out -> out.write(json));
    if (aside) {
      storage.sync(target);
      observer.before(Phase.COMMIT_RENAME, committed.toString());
      // This rename is the commit.
      storage.rename(target, committed);
    }
    tidy(step, keep);
    return new Committed(step, committed);
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
    Path path = new Path(checkpoint, Manifest.NAME);
    if (!storage.exists(path)) {
      return Optional.of("has no " + Manifest.NAME + ", so it was never committed");
    }
    Optional<Manifest> manifest = Manifest.fromJson(storage.readSmall(path, Manifest.MAX_BYTES));
    if (manifest.isEmpty()) {
      return Optional.of(Manifest.NAME + " is damaged");
    }
    for (Map.Entry<String, Manifest.File> file : manifest.get().files().entrySet()) {
      Optional<String> damage = damage(new Path(checkpoint, file.getKey()), file.getValue());
      if (damage.isPresent()) {
        return Optional.of(file.getKey() + " " + damage.get());
      }
    }
    return Optional.empty();
  }

  private Optional<String> damage(Path file, Manifest.File expected) throws IOException {
    try {
      long bytes = storage.fs().getFileStatus(file).getLen();
      if (bytes != expected.bytes()) {
        return Optional.of("has " + bytes + " bytes instead of " + expected.bytes());
      }
      return sha256(file).equals(expected.sha256())
          ? Optional.empty()
          : Optional.of("has other content than was committed (SHA-256 differs)");
    } catch (FileNotFoundException e) {
      return Optional.of("is missing");
    }
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

  /** Removes the leavings of dead runs, and old checkpoints; the newest is never among them. */
  private void tidy(long newest, int keep) throws IOException {
    for (FileStatus status : storage.list(directory)) {
      String name = status.getPath().getName();
      boolean uncommitted =
          COMMITTED.matcher(name).matches()
              && !storage.exists(new Path(status.getPath(), Manifest.NAME));
      if (name.startsWith(ASIDE) || name.startsWith(LEAVING) || uncommitted) {
        storage.delete(status.getPath());
      }
    }
    List<Long> older = steps().stream().filter(step -> step < newest).toList();
    for (long step : older.subList(Math.min(keep - 1, older.size()), older.size())) {
      Path path = new Path(directory, name(step));
      observer.before(Phase.OLD_CHECKPOINT_DELETE, path.toString());
      remove(path);
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
