package org.sparkmim.job.commit;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIOException;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.sparkmim.job.MimException;

/**
 * The lock of a run on storage that has none: a file {@code .lease/holder-00000007} that its holder
 * rewrites again and again.
 *
 * <p>Whoever comes next watches the file, by its own clock: one that changes has a living holder,
 * one that does not for as long as it says has a dead one, and the next number is taken. The number
 * is a fencing token: a holder that slept through its lease finds a higher one before it commits.
 * HDFS creates a file for one process only. An object store keeps the last of two that were written
 * at once, so there a claim is looked at again after a while.
 */
final class Lease implements RunLock {
  /** Hadoop property: how long a holder may give no sign of life, as in 60s. */
  static final String LEASE = "sparkmim.run.lease";

  private static final Logger LOG = LogManager.getLogger(Lease.class);
  private static final long DEFAULT_MILLIS = 60_000;
  private static final int BEATS_PER_LEASE = 6;
  private static final int LOOKS_PER_BEAT = 4;
  private static final int READS = 3;
  private static final String FOLDER = ".lease";
  private static final Pattern CLAIM = Pattern.compile("holder-(\\d{8,18})");

  private final RunStorage storage;
  private final Path root;
  private final long token;
  private final Holder holder;
  private final ScheduledExecutorService heart =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "mim-lease");
            thread.setDaemon(true);
            return thread;
          });
  private final ScheduledFuture<?> beating;
  private long beat;
  private volatile long renewedNanos = System.nanoTime();

  private Lease(RunStorage storage, Path root, long token, Holder holder) {
    this.storage = storage;
    this.root = root;
    this.token = token;
    this.holder = holder;
    long period = holder.lease().toMillis() / BEATS_PER_LEASE;
    beating = heart.scheduleWithFixedDelay(this::beat, period, period, TimeUnit.MILLISECONDS);
  }

  static Lease take(RunStorage storage, Path root) throws IOException {
    Duration lease =
        Duration.ofMillis(
            storage.fs().getConf().getTimeDuration(LEASE, DEFAULT_MILLIS, TimeUnit.MILLISECONDS));
    storage.makeDirectory(new Path(root, FOLDER));
    while (true) {
      OptionalLong held = newest(storage, root);
      if (held.isPresent() && lives(storage, root, held.getAsLong(), lease)) {
        throw RunLock.busy(
            root,
            Holder.fromJson(read(storage, root, held.getAsLong())),
            " If it has died, the run is free "
                + lease.toSeconds()
                + " s after its last sign of life.");
      }
      long token = held.orElse(0) + 1;
      Holder holder = Holder.here(lease);
      if (claims(storage, root, token, holder)) {
        for (long dead : tokens(storage, root)) {
          if (dead < token) {
            remove(storage, root, dead);
          }
        }
        return new Lease(storage, root, token, holder);
      }
    }
  }

  /** Watches a claim until it changes, is gone, or has not changed for its whole lease. */
  private static boolean lives(RunStorage storage, Path root, long token, Duration mine)
      throws IOException {
    byte[] first = read(storage, root, token);
    Duration lease = Holder.fromJson(first).map(Holder::lease).orElse(mine);
    long end = System.nanoTime() + lease.toNanos();
    while (System.nanoTime() < end) {
      pause(lease.dividedBy(BEATS_PER_LEASE * LOOKS_PER_BEAT));
      byte[] now = read(storage, root, token);
      if (!Arrays.equals(first, now)) {
        // It is gone when it was given back; a file that is being rewritten may be empty.
        return storage.exists(file(root, token));
      }
    }
    return false;
  }

  private static boolean claims(RunStorage storage, Path root, long token, Holder holder)
      throws IOException {
    try (FSDataOutputStream out = storage.fs().create(file(root, token), false)) {
      out.write(holder.toJson(0));
    } catch (FileAlreadyExistsException e) {
      return false;
    }
    if (!storage.renamesAtomically()) {
      pause(holder.lease().dividedBy(BEATS_PER_LEASE * LOOKS_PER_BEAT));
    }
    return isOf(storage, root, token, holder);
  }

  private static boolean isOf(RunStorage storage, Path root, long token, Holder holder)
      throws IOException {
    return newest(storage, root).equals(OptionalLong.of(token))
        && Holder.fromJson(read(storage, root, token))
            .map(Holder::id)
            .equals(Optional.of(holder.id()));
  }

  private static long[] tokens(RunStorage storage, Path root) throws IOException {
    return Arrays.stream(storage.list(new Path(root, FOLDER)))
        .map(status -> CLAIM.matcher(status.getPath().getName()))
        .filter(Matcher::matches)
        .mapToLong(claim -> Long.parseLong(claim.group(1)))
        .toArray();
  }

  private static OptionalLong newest(RunStorage storage, Path root) throws IOException {
    return Arrays.stream(tokens(storage, root)).max();
  }

  /** A claim's bytes; none if it is not there. */
  private static byte[] read(RunStorage storage, Path root, long token) throws IOException {
    for (int tries = 1; ; tries++) {
      try {
        return storage.readSmall(file(root, token), Holder.MAX_BYTES);
      } catch (FileNotFoundException e) {
        return new byte[0];
      } catch (PathIOException e) {
        // s3a refuses to read on when the holder rewrites the file between its two requests.
        if (tries == READS) {
          throw e;
        }
      }
    }
  }

  private static Path file(Path root, long token) {
    return new Path(root, String.format("%s/holder-%08d", FOLDER, token));
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw MimException.failed("Interrupted while waiting for the lock of the run.");
    }
  }

  private static void remove(RunStorage storage, Path root, long token) {
    try {
      storage.delete(file(root, token));
    } catch (IOException e) {
      LOG.warn("Cannot remove the lease {}: {}", file(root, token), e.getMessage());
    }
  }

  /** A sign of life. One that fails is followed by others before the lease is over. */
  private void beat() {
    try {
      if (!isOf(storage, root, token, holder)) {
        LOG.warn("Another process has taken over {}.", root);
        beating.cancel(false);
        return;
      }
      long now = System.nanoTime();
      byte[] sign = holder.toJson(++beat);
      storage.write(file(root, token), out -> out.write(sign));
      renewedNanos = now;
    } catch (IOException e) {
      LOG.warn("Cannot renew the lease of {}: {}", root, e.getMessage());
    }
  }

  @Override
  public void check() throws IOException {
    if (isOf(storage, root, token, holder)) {
      return;
    }
    OptionalLong other = newest(storage, root);
    Optional<Holder> taker =
        other.isPresent()
            ? Holder.fromJson(read(storage, root, other.getAsLong()))
            : Optional.empty();
    throw MimException.failed(
        "Cannot go on training into "
            + root
            + ": this process gave no sign of life for "
            + holder.lease().toSeconds()
            + " s and lost the run to "
            + taker.map(Holder::describe).orElse("another one")
            + ". Nothing is to be done: that one continues from the last commit.");
  }

  @Override
  public void checkCheaply() throws IOException {
    // Half of the lease: others wait for all of it.
    if (System.nanoTime() - renewedNanos > holder.lease().toNanos() / 2) {
      check();
    }
  }

  @Override
  public void close() {
    heart.shutdown();
    try {
      // A beat that is on its way would write the file anew.
      if (!heart.awaitTermination(holder.lease().toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
      if (isOf(storage, root, token, holder)) {
        remove(storage, root, token);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.warn("Cannot give back the lease of {}: {}", root, e.getMessage());
    }
  }
}
