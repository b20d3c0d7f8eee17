package org.sparkmim.job.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class DeviceClaimsTest {
  private final DeviceClaims claims = new DeviceClaims();

  @Test
  void aTaskClaimsItsDeviceOnce() throws Exception {
    assertThat(claims.claim(0, 1)).isTrue();
    assertThat(claims.claim(0, 1)).as("its teacher is on the same device").isFalse();
    assertThat(claims.claim(1, 2)).as("another device").isTrue();
    claims.release(0, 2);
    claims.release(0, 1);
    assertThat(claims.claim(0, 2)).isTrue();
  }

  @Test
  void twoTasksAreNeverOnOneDevice() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Future<Boolean>> tasks =
          LongStream.range(0, 200)
              .mapToObj(
                  task ->
                      pool.submit(
                          () -> {
                            boolean first = claims.claim(0, task);
                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                            Thread.yield();
                            inside.decrementAndGet();
                            claims.release(0, task);
                            return first;
                          }))
              .toList();
      for (Future<Boolean> task : tasks) {
        assertThat(task.get(30, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(most).hasValue(1);
  }
}
