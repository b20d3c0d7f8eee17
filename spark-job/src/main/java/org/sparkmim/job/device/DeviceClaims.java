package org.sparkmim.job.device;

import java.util.HashMap;
import java.util.Map;

/**
 * Which task of this process computes on which device. One at a time: where Spark gives two tasks
 * the same device, as an embedded Spark does, the second waits for the end of the first.
 */
final class DeviceClaims {
  private final Map<Integer, Long> holders = new HashMap<>();

  /**
   * Waits until no other task has the device.
   *
   * @return whether the task had it not yet
   */
  synchronized boolean claim(int device, long task) throws InterruptedException {
    while (holders.getOrDefault(device, task) != task) {
      wait();
    }
    return holders.put(device, task) == null;
  }

  /** The task has ended. */
  synchronized void release(int device, long task) {
    if (holders.remove(device, task)) {
      notifyAll();
    }
  }
}
