package org.sparkmim.job.commit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.sparkmim.job.MimException;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FaultyFileSystem.Fault;

/**
 * Fails the k-th call of a commit, for every k and in every way, and asks after each for what was
 * promised: the newest checkpoint loads and is the old state or the new one, bit for bit, the new
 * one if the commit returned; and the next commit succeeds and leaves no litter.
 */
final class StorageFaults {
  private static final int KEEP = 2;

  private final String name;
  private final FileSystem fs;
  private final Path root;
  private int tried;

  private StorageFaults(String name, FileSystem fs, Path root) {
    this.name = name;
    this.fs = fs;
    this.root = root;
  }

  /** What lies at the place of the commit. */
  private enum Place {
    FREE,
    DAMAGED_CHECKPOINT,
    UNCOMMITTED
  }

  /**
   * Tries them all on one file system.
   *
   * @param every 1 tries every k, 2 every other, and so on
   * @return how many were tried
   */
  static int survived(String name, FileSystem fs, Path root, int every) throws IOException {
    // One warning for each thing that could not be cleared up, as it should be.
    Configurator.setLevel(Checkpoints.class.getName(), Level.ERROR);
    long begin = System.nanoTime();
    StorageFaults faults = new StorageFaults(name, fs, root);
    for (Place place : Place.values()) {
      for (Fault fault : Fault.values()) {
        for (int k = 1; faults.survives(place, fault, k); k += every) {
          faults.tried++;
        }
      }
    }
    // Whatever was not loadable has failed before it came here.
    System.out.printf(
        "storage faults on %s%s: tried %d, loadable %d (%.1f s)%n",
        name,
        every == 1 ? "" : " (1 in " + every + ")",
        faults.tried,
        faults.tried,
        (System.nanoTime() - begin) / 1e9);
    return faults.tried;
  }

  /** Whether there was a k-th call; fails if it did what it must not. */
  private boolean survives(Place place, Fault fault, int k) throws IOException {
    String what = name + ", " + place + ", " + fault + " at call " + k;
    Path run = new Path(root, place + "-" + fault + "-" + k);
    Checkpoints quiet = open(fs, run);
    quiet.commit(1, bodies(1), KEEP);
    quiet.commit(2, bodies(2), KEEP);
    Path next = new Path(run, Checkpoints.name(3));
    if (place != Place.FREE) {
      quiet.commit(3, bodies(9), KEEP + 1);
      fs.delete(new Path(next, place == Place.UNCOMMITTED ? Manifest.NAME : "a.bin"), false);
    }
    FaultyFileSystem faulty = new FaultyFileSystem(fs, fault, k);
    boolean returned;
    try {
      open(faulty, run).commit(3, bodies(3), KEEP);
      returned = true;
    } catch (IOException | MimException e) {
      returned = false;
    }
    Checkpoints fresh = open(fs, run);
    long newest =
        fresh
            .newest()
            .checkpoint()
            .orElseThrow(() -> new AssertionError(what + ": nothing loads"))
            .step();
    assertThat(newest).as(what).isIn(returned ? List.of(3L) : List.of(2L, 3L));
    assertHolds(what, new Path(run, Checkpoints.name(newest)), newest);
    fresh.commit(newest + 1, bodies(newest + 1), KEEP);
    assertThat(names(run))
        .as("%s: no litter after the next commit", what)
        .containsExactly(Checkpoints.name(newest), Checkpoints.name(newest + 1));
    assertHolds(what, new Path(run, Checkpoints.name(newest)), newest);
    assertHolds(what, new Path(run, Checkpoints.name(newest + 1)), newest + 1);
    fs.delete(run, true);
    return faulty.struck();
  }

  private static Checkpoints open(FileSystem fs, Path run) {
    return new Checkpoints(new RunStorage(fs), run, RunObserver.NONE);
  }

  private void assertHolds(String what, Path checkpoint, long step) throws IOException {
    assertThat(names(checkpoint)).as(what).containsExactly("a.bin", "b.bin", Manifest.NAME);
    for (String file : List.of("a.bin", "b.bin")) {
      try (var in = fs.open(new Path(checkpoint, file))) {
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
            .as("%s: %s of step %d", what, file, step)
            .isEqualTo(text(step) + text(step));
      }
    }
  }

  private List<String> names(Path directory) throws IOException {
    return Arrays.stream(fs.listStatus(directory))
        .map(FileStatus::getPath)
        .map(Path::getName)
        .sorted()
        .toList();
  }

  private static Map<String, RunStorage.Body> bodies(long step) {
    byte[] half = text(step).getBytes(StandardCharsets.UTF_8);
    RunStorage.Body body =
        out -> {
          out.write(half);
          out.write(half);
        };
    return Map.of("a.bin", body, "b.bin", body);
  }

  private static String text(long step) {
    return "state after step " + step + ";";
  }
}
