package org.sparkmim.model.engine.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BytePointer;

/** What is written to the device once: tables, and the addresses of operands. */
final class Constants {
  /** What lies at {@code at}; written when all addresses are known. */
  private record Content(Address at, int bytes, Consumer<ByteBuffer> writer) {}

  private final Region region = new Region();
  private final List<Content> contents = new ArrayList<>();

  Region region() {
    return region;
  }

  Data numbers(float[] numbers, Type type) {
    return new Data(
        add(
            type.bytes(numbers.length),
            to -> {
              for (float number : numbers) {
                if (type == Type.BF16) {
                  to.putShort(Bf16.bits(number));
                } else {
                  to.putFloat(number);
                }
              }
            }),
        type);
  }

  Address indices(int[] indices) {
    return add(Type.S32.bytes(indices.length), to -> to.asIntBuffer().put(indices));
  }

  Address addresses(List<Address> addresses) {
    return add(
        (long) addresses.size() * Long.BYTES,
        to -> addresses.forEach(address -> to.putLong(address.value())));
  }

  /** Copies everything to the device; waits until it is there. */
  void write(Device device) {
    for (Content content : contents) {
      try (BytePointer bytes = new BytePointer(content.bytes)) {
        content.writer.accept(bytes.asByteBuffer().order(ByteOrder.nativeOrder()));
        device.upload(content.at.value(), bytes, content.bytes);
        device.synchronise();
      }
    }
  }

  private Address add(long bytes, Consumer<ByteBuffer> writer) {
    Address at = region.take(bytes);
    contents.add(new Content(at, Math.toIntExact(bytes), writer));
    return at;
  }
}
