package org.sparkmim.job.bench;

import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerBlockUpdated;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.storage.BlockUpdatedInfo;

/**
 * Bytes that Spark itself moves between processes, by its own metrics: results of tasks, what
 * shuffles read from other executors, and pieces of broadcasts that executors fetched.
 */
final class SparkTraffic extends SparkListener implements AutoCloseable {
  private final SparkContext spark;
  private final AtomicLong results = new AtomicLong();
  private final AtomicLong shuffles = new AtomicLong();
  private final AtomicLong broadcasts = new AtomicLong();

  SparkTraffic(SparkContext spark) {
    this.spark = spark;
    spark.addSparkListener(this);
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    if (end.taskMetrics() != null) {
      results.addAndGet(end.taskMetrics().resultSize());
      shuffles.addAndGet(end.taskMetrics().shuffleReadMetrics().remoteBytesRead());
    }
  }

  @Override
  public void onBlockUpdated(SparkListenerBlockUpdated updated) {
    BlockUpdatedInfo block = updated.blockUpdatedInfo();
    // A block that is dropped is told with its size too.
    boolean stored = block.storageLevel().isValid();
    if (stored && block.blockId().isBroadcast() && !block.blockManagerId().isDriver()) {
      broadcasts.addAndGet(block.memSize() + block.diskSize());
    }
  }

  /** All bytes so far. */
  long bytes() {
    try {
      spark.listenerBus().waitUntilEmpty();
    } catch (TimeoutException e) {
      throw new IllegalStateException("Spark's listeners do not come to rest", e);
    }
    return results.get() + shuffles.get() + broadcasts.get();
  }

  @Override
  public void close() {
    spark.removeSparkListener(this);
  }
}
