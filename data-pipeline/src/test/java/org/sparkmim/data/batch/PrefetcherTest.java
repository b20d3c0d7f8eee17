package org.sparkmim.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.sparkmim.data.DataException;

@Timeout(20)
class PrefetcherTest {
  @Test
  void handsSlotsOutInTheOrderOfTheirTickets() throws Exception {
    Random random = new Random(1);
    Prefetcher.Filler<long[]> filler =
        (slot, ticket) -> {
          Thread.sleep(random.nextInt(3));
          slot[0] = ticket;
        };
    try (Prefetcher<long[]> prefetcher = new Prefetcher<>("t", slots(4), 3, () -> filler)) {
      for (long ticket = 0; ticket < 200; ticket++) {
        prefetcher.submit(ticket * ticket);
      }
      for (long ticket = 0; ticket < 200; ticket++) {
        long[] slot = prefetcher.take();
        assertThat(slot[0]).isEqualTo(ticket * ticket);
        prefetcher.recycle(slot);
      }
    }
  }

  @Test
  void neverFillsMoreSlotsThanItWasGiven() throws Exception {
    AtomicInteger filled = new AtomicInteger();
    Prefetcher.Filler<long[]> filler = (slot, ticket) -> filled.incrementAndGet();
    try (Prefetcher<long[]> prefetcher = new Prefetcher<>("t", slots(2), 4, () -> filler)) {
      for (int i = 0; i < 10; i++) {
        prefetcher.submit(i);
      }
      long[] first = prefetcher.take();
      prefetcher.take();
      Thread.sleep(50);
      assertThat(filled).hasValue(2);
      prefetcher.recycle(first);
      assertThat(prefetcher.take()).isSameAs(first);
    }
  }

  @Test
  void surfacesALoadersFailureAtItsTicketAndForGood() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    Prefetcher.Filler<long[]> filler =
        (slot, ticket) -> {
          if (ticket == 3) {
            failed.countDown();
            throw DataException.input("Cannot decode sample 3");
          }
          if (ticket == 2) {
            failed.await();
          }
        };
    try (Prefetcher<long[]> prefetcher = new Prefetcher<>("t", slots(6), 3, () -> filler)) {
      for (int i = 0; i < 6; i++) {
        prefetcher.submit(i);
      }
      for (int i = 0; i < 3; i++) {
        prefetcher.recycle(prefetcher.take());
      }
      for (int again = 0; again < 2; again++) {
        assertThatThrownBy(prefetcher::take)
            .isInstanceOf(DataException.class)
            .hasMessage("Cannot decode sample 3");
      }
    }
  }

  @Test
  void surfacesErrorsAndCheckedExceptionsAndFailingStarts() {
    assertSurfaces(
        () ->
            (slot, ticket) -> {
              throw new OutOfMemoryError("of a loader");
            },
        "of a loader");
    assertSurfaces(
        () ->
            (slot, ticket) -> {
              throw new java.io.IOException("disk gone");
            },
        "disk gone");
    assertSurfaces(
        () -> {
          throw new IllegalStateException("cannot start");
        },
        "cannot start");
  }

  private static void assertSurfaces(
      java.util.function.Supplier<Prefetcher.Filler<long[]>> fillers, String message) {
    try (Prefetcher<long[]> prefetcher = new Prefetcher<>("t", slots(1), 1, fillers)) {
      prefetcher.submit(0);
      assertThatThrownBy(prefetcher::take).hasMessageContaining(message);
    }
  }

  @Test
  void refusesToWaitForWhatWasNeverSubmitted() throws Exception {
    Prefetcher.Filler<long[]> filler = (slot, ticket) -> slot[0] = ticket;
    try (Prefetcher<long[]> prefetcher = new Prefetcher<>("t", slots(2), 1, () -> filler)) {
      prefetcher.submit(1);
      prefetcher.take();
      assertThatThrownBy(prefetcher::take).hasMessageContaining("More was taken");
    }
  }

  @Test
  void closesItsFillersAndStopsItsThreads() throws Exception {
    CountDownLatch started = new CountDownLatch(2);
    AtomicInteger closed = new AtomicInteger();
    Prefetcher<long[]> prefetcher =
        new Prefetcher<>(
            "closing",
            slots(4),
            2,
            () ->
                new Prefetcher.Filler<>() {
                  @Override
                  public void fill(long[] slot, long ticket) throws Exception {
                    started.countDown();
                    Thread.sleep(30);
                  }

                  @Override
                  public void close() {
                    closed.incrementAndGet();
                  }
                });
    for (int i = 0; i < 100; i++) {
      prefetcher.submit(i);
    }
    started.await();
    prefetcher.close();
    assertThat(closed).hasValue(2);
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("closing-"));
  }

  private static List<long[]> slots(int count) {
    List<long[]> slots = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      slots.add(new long[1]);
    }
    return slots;
  }
}
