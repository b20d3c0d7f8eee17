package org.sparkmim.job.round;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The idle replicas of an executor. */
final class ReplicaPool {
  private static final Deque<Idle> IDLE = new ArrayDeque<>();

  private record Idle(ReplicaFactory factory, Pooled pooled) {
    Replica replica() {
      return pooled.replica();
    }
  }

  /**
   * A replica of this process.
   *
   * @param place where it computes; see {@link ReplicaFactory#claim}
   * @param known the parameters that it began its last round with
   */
  record Pooled(Replica replica, int place, KnownParameters known) {}

  private ReplicaPool() {}

  /**
   * Takes an idle replica in the running task's place, or makes one. Idle ones of another run only
   * hold memory and go.
   *
   * @param first minibatch that it will train on: one that loads it already is the first choice
   */
  static Pooled take(ReplicaFactory factory, MinibatchRef first) {
    int place = factory.claim();
    synchronized (IDLE) {
      for (Iterator<Idle> all = IDLE.iterator(); all.hasNext(); ) {
        Idle idle = all.next();
        if (!idle.factory().equals(factory)) {
          all.remove();
          idle.replica().close();
        }
      }
      List<Idle> here = IDLE.stream().filter(idle -> idle.pooled().place() == place).toList();
      Optional<Idle> choice =
          here.stream()
              .filter(idle -> idle.replica().awaits(first))
              .findFirst()
              .or(() -> here.stream().findFirst());
      if (choice.isPresent()) {
        IDLE.remove(choice.get());
        return choice.get().pooled();
      }
    }
    return new Pooled(factory.create(), place, new KnownParameters());
  }

  /** Gives back a replica that finished its share; one that failed is closed instead. */
  static void giveBack(ReplicaFactory factory, Pooled pooled) {
    synchronized (IDLE) {
      IDLE.push(new Idle(factory, pooled));
    }
  }

  /** Closes all idle replicas of this process. */
  static void clear() {
    synchronized (IDLE) {
      IDLE.forEach(idle -> idle.replica().close());
      IDLE.clear();
    }
  }
}
