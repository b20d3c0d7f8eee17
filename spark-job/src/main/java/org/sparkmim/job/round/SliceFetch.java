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
import scala.collection.JavaConverters;

/**
 * Reads slices in a given order. Those of this process are not copied; those of others are on their
 * way while earlier ones are used. What a lost process held is asked of all others: a state that
 * was handed out is with each of its workers. For one thread.
 */
final class SliceFetch implements AutoCloseable {
  /** Slices under way: enough to hide a round trip, few enough to hold in memory. */
  private static final int AHEAD = 6;

  /** Stands for the answer of this process itself. */
  private static final CompletableFuture<ManagedBuffer> HERE =
      CompletableFuture.completedFuture(null);

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
      underWay.add(isHere(ref) ? HERE : ask(ref));
    }
    List<ByteBuffer> slices = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      SliceRef ref = refs.get(given++);
      CompletableFuture<ManagedBuffer> answer = underWay.remove();
      slices.add(answer == HERE ? local(ref) : remote(ref, answer));
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

  private boolean isHere(SliceRef ref) {
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
      ManagedBuffer data = despiteLoss(ref, answer);
      inUse.add(data::release);
      remoteBytes += data.size();
      return data.nioByteBuffer();
    } catch (IOException e) {
      throw SliceLostException.gone(ref, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The task was stopped while it waited for a slice", e);
    } finally {
      waitNanos += System.nanoTime() - begin;
    }
  }

  private ManagedBuffer despiteLoss(SliceRef ref, CompletableFuture<ManagedBuffer> answer)
      throws InterruptedException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (blocks.getStatus(ref.block()).isDefined()) {
        return blocks.getLocalBlockData(ref.block());
      }
      for (BlockManagerId other : JavaConverters.seqAsJavaList(blocks.master().getPeers(here))) {
        if (other.equals(ref.holder())) {
          continue;
        }
        try {
          return ask(new SliceRef(ref.group(), ref.index(), other)).get();
        } catch (ExecutionException alsoNotThere) {
          e.addSuppressed(alsoNotThere);
        }
      }
      throw SliceLostException.gone(ref, e);
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
      if (answer == HERE) {
        continue;
      }
      boolean arrived = !answer.cancel(false) && !answer.isCompletedExceptionally();
      if (arrived) {
        answer.join().release();
      }
    }
    underWay.clear();
  }
}
