package org.sparkmim.job.round;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.BlockManagerId;
import org.apache.spark.storage.RDDBlockId;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.io.ChunkedByteBuffer;
import scala.reflect.ClassTag$;

/**
 * Slices as blocks of Spark's block managers: raw bytes that stay in the process that made them
 * until somebody asks, in memory while Spark's storage memory has room, else on its local disk.
 *
 * <p>They go under the ids of an RDD that does not exist, because Spark drops an RDD's blocks
 * everywhere at once.
 */
final class SliceBlocks {
  /** Groups that have slices in this process. */
  private static final Set<Integer> HELD = ConcurrentHashMap.newKeySet();

  private SliceBlocks() {}

  /** The address of this process's blocks. */
  static BlockManagerId here() {
    return manager().blockManagerId();
  }

  /** A new group, for slices that are dropped together; numbers rise. */
  static int newGroup(SparkContext spark) {
    return spark.newRddId();
  }

  /** Offers a slice; the array must not change any more. */
  static void put(int group, int index, byte[] slice) {
    RDDBlockId id = new RDDBlockId(group, index);
    HELD.add(group);
    // An attempt before this one may have come so far; it made the same bits.
    if (manager().getStatus(id).isDefined()) {
      return;
    }
    ChunkedByteBuffer bytes = new ChunkedByteBuffer(ByteBuffer.wrap(slice));
    boolean stored =
        manager()
            .putBytes(
                id, bytes, StorageLevel.MEMORY_AND_DISK_SER(), false, ClassTag$.MODULE$.Any());
    if (!stored) {
      throw new IllegalStateException(
          "Cannot keep a slice of " + slice.length + " bytes in memory or in spark.local.dir");
    }
  }

  /** Offers a slice in place of one that an attempt before left here, and that may be damaged. */
  static void replace(int group, int index, byte[] slice) {
    RDDBlockId id = new RDDBlockId(group, index);
    if (manager().getStatus(id).isDefined()) {
      manager().removeBlock(id, false);
    }
    put(group, index, slice);
  }

  /** Drops a group's slices in every process; at once in this one. */
  static void drop(SparkContext spark, int group) {
    dropHere(group);
    spark.env().blockManager().master().removeRdd(group, false);
  }

  /**
   * Drops the groups of this process that are older than {@code group}. Spark does not reach a
   * process that it believes lost for a while, and an attempt that nobody waits for may offer
   * slices late. Younger groups stay: the caller may be such an attempt itself.
   */
  static void dropBefore(int group) {
    for (int held : HELD) {
      if (held < group) {
        dropHere(held);
      }
    }
  }

  private static void dropHere(int group) {
    manager().removeRdd(group);
    HELD.remove(group);
  }

  static BlockManager manager() {
    return SparkEnv.get().blockManager();
  }
}
