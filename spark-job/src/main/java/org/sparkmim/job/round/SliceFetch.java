package org.sparkmim.job.round;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.spark.network.buffer.ManagedBuffer;
import org.apache.spark.network.shuffle.BlockFetchingListener;
import org.apache.spark.storage.BlockData;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.BlockManagerId;
import scala.Option;

/**
 * Reads slices in a given order. Those of this process are not copied; those of others are on their
 * way while earlier ones are used. For one thread.
 */
final class SliceFetch implements AutoCloseable {
  /** Slices under way: enough to hide a round trip, few enough to hold in memory. */
  private static final int AHEAD = 6;

  private final BlockManager blocks = SliceBlocks.manager();
  private final BlockManagerId here = blocks.blockManagerId();
  private final List<SliceRef> refs;
  private final Deque<CompletableFuture<ManagedBuffer>> underWay = new ArrayDeque<>();
  private final List<Runnable> inUse = new ArrayList<>();
  private int asked;
  private int given;
  private long waitNanos;
  private long remoteBytes;

  SliceFetch(List<SliceRef> refs) {
    this.refs = refs;
  }

  /** Whether all slices have been given. */
  boolean isDone() {
    return given == refs.size();
  }

  /**
   * The next {@code count} slices, until the next call.
   *
   * @throws SliceLostException if a slice is not where it should be
   */
  List<ByteBuffer> next(int count) {
    release();
    while (asked < Math.min(refs.size(), given + count + AHEAD)) {
      SliceRef ref = refs.get(asked++);
      underWay.add(isLocal(ref) ? CompletableFuture.completedFuture(null) : ask(ref));
    }
    List<ByteBuffer> slices = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      SliceRef ref = refs.get(given++);
      CompletableFuture<ManagedBuffer> answer = underWay.remove();
      slices.add(isLocal(ref) ? local(ref) : remote(ref, answer));
    }
    return slices;
  }

  /** Nanoseconds spent on waiting for other processes. */
  long waitNanos() {
    return waitNanos;
  }

  /** Bytes that came from other processes. */
  long remoteBytes() {
    return remoteBytes;
  }

  private boolean isLocal(SliceRef ref) {
    return ref.holder().equals(here);
  }

  private ByteBuffer local(SliceRef ref) {
    Option<BlockData> found = blocks.getLocalBytes(ref.block());
    if (found.isEmpty()) {
      throw SliceLostException.gone(ref, null);
    }
    inUse.add(() -> blocks.releaseLockAndDispose(ref.block(), found.get(), Option.empty()));
    return found.get().toByteBuffer();
  }

  private CompletableFuture<ManagedBuffer> ask(SliceRef ref) {
    CompletableFuture<ManagedBuffer> answer = new CompletableFuture<>();
    BlockManagerId from = ref.holder();
    blocks
        .blockTransferService()
        .fetchBlocks(
            from.host(),
            from.port(),
            from.executorId(),
            new String[] {ref.block().name()},
            new BlockFetchingListener() {
              @Override
              public void onBlockFetchSuccess(String id, ManagedBuffer data) {
                ManagedBuffer kept = data.retain();
                if (!answer.complete(kept)) {
                  kept.release();
                }
              }

              @Override
              public void onBlockFetchFailure(String id, Throwable failure) {
                answer.completeExceptionally(failure);
              }
            },
            null);
    return answer;
  }

  private ByteBuffer remote(SliceRef ref, CompletableFuture<ManagedBuffer> answer) {
    long begin = System.nanoTime();
    try {
      ManagedBuffer data = answer.get();
      inUse.add(data::release);
      remoteBytes += data.size();
      return data.nioByteBuffer();
    } catch (ExecutionException | IOException e) {
      throw SliceLostException.gone(ref, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The task was stopped while it waited for a slice", e);
    } finally {
      waitNanos += System.nanoTime() - begin;
    }
  }

  private void release() {
    inUse.forEach(Runnable::run);
    inUse.clear();
  }

  /** Gives back what is in use, and what comes although nobody waits for it any more. */
  @Override
  public void close() {
    release();
    for (CompletableFuture<ManagedBuffer> answer : underWay) {
      boolean arrived = !answer.cancel(false) && !answer.isCompletedExceptionally();
      if (arrived && answer.join() != null) {
        answer.join().release();
      }
    }
    underWay.clear();
  }
}
