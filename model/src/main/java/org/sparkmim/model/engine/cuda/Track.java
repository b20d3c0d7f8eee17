package org.sparkmim.model.engine.cuda;

import java.util.List;

/**
 * Tasks in order. The first pass runs them one by one, for libraries load their kernels at first
 * use; from the second pass on they are one captured piece.
 */
final class Track {
  private final Device device;
  private final List<Device.Work> works;
  private Device.Work whole;
  private boolean warm;

  Track(Device device, List<Task> tasks) {
    this.device = device;
    works = tasks.stream().map(device::prepare).toList();
  }

  void run() {
    if (works.isEmpty()) {
      return;
    }
    if (warm && whole == null) {
      whole = device.capture(works);
    }
    if (whole == null) {
      works.forEach(Device.Work::enqueue);
    } else {
      whole.enqueue();
    }
    warm = true;
  }
}
