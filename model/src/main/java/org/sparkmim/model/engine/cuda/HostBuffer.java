package org.sparkmim.model.engine.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;

/** Host memory by which numbers go to the device and come back, written once they have gone. */
final class HostBuffer {
  private final Device device;
  private final BytePointer memory;
  private final ByteBuffer bytes;
  private long uploadedAt = -1;

  HostBuffer(Device device, long size) {
    this.device = device;
    memory = new BytePointer(device.hostMemory(size)).capacity(size);
    bytes = memory.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  /** Bytes. */
  int size() {
    return bytes.capacity();
  }

  /** The memory, which the device no longer reads. */
  ByteBuffer free() {
    if (uploadedAt == device.synchronisations()) {
      device.synchronise();
    }
    bytes.clear();
    return bytes;
  }

  void upload(long to) {
    device.upload(to, memory, bytes.capacity());
    uploadedAt = device.synchronisations();
  }

  /** Copies from the device, and waits for it. */
  ByteBuffer download(long from) {
    device.download(memory, from, bytes.capacity());
    device.synchronise();
    bytes.clear();
    return bytes;
  }
}
