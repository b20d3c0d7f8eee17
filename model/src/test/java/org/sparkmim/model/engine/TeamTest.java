package org.sparkmim.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class TeamTest {
  @Test
  void runsEveryTaskOnceHoweverOftenItIsAsked() {
    try (Team team = new Team(3)) {
      for (int round = 0; round < 2000; round++) {
        int tasks = round % 17;
        AtomicIntegerArray runs = new AtomicIntegerArray(17);
        team.run(tasks, runs::incrementAndGet);
        for (int i = 0; i < 17; i++) {
          assertThat(runs.get(i)).isEqualTo(i < tasks ? 1 : 0);
        }
      }
    }
  }

  @Test
  void sharesTheWork() {
    try (Team team = new Team(2)) {
      Set<Thread> threads = ConcurrentHashMap.newKeySet();
      CountDownLatch both = new CountDownLatch(2);
      team.run(
          2,
          i -> {
            threads.add(Thread.currentThread());
            both.countDown();
            try {
              both.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      assertThat(threads).hasSize(2).contains(Thread.currentThread());
    }
  }

  @Test
  void throwsWhatATaskThrowsAndWorksOn() {
    try (Team team = new Team(2)) {
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  team.run(
                      100,
                      i -> {
                        if (i == 57) {
                          throw new IllegalArgumentException("fifty-seven");
                        }
                      }))
          .withRootCauseInstanceOf(IllegalArgumentException.class);
      AtomicIntegerArray runs = new AtomicIntegerArray(10);
      team.run(10, runs::incrementAndGet);
      assertThat(runs.get(9)).isEqualTo(1);
    }
  }
}
