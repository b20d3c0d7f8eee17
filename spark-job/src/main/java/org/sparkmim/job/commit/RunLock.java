package org.sparkmim.job.commit;

import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;

/** Keeps a second process out of a run. A dead process cannot keep it. */
sealed interface RunLock extends AutoCloseable permits DiskLock, Lease {

  /**
   * Takes the lock of a run.
   *
   * @throws MimException (busy) naming who has it
   */
  static RunLock take(RunStorage storage, Path root) throws IOException {
    return storage.isLocal() ? DiskLock.take(root) : Lease.take(storage, root);
  }

  /**
   * Asks the storage whether this process still has the lock; before a commit.
   *
   * @throws MimException (failed) if another one has taken it
   */
  void check() throws IOException;

  /** As {@link #check}, but asks the storage only if there is reason to doubt. */
  void checkCheaply() throws IOException;

  @Override
  void close();

  static MimException busy(Path root, Optional<Holder> holder, String note) {
    return MimException.busy(
        "Cannot train into "
            + root
            + ": another process is training there ("
            + holder.map(Holder::describe).orElse("it has just begun")
            + "). Wait for it or stop it, or name another --output."
            + note);
  }
}
