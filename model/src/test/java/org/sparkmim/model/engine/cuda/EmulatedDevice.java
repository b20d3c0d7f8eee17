package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A GPU on the CPU, where everything happens at once. Fresh memory holds no numbers, so that
 * reading what was never written shows.
 */
final class EmulatedDevice implements Device {
  private final Emulator emulator;
  private final List<Pointer> blocks = new ArrayList<>();
  private final boolean reversed;
  private long synchronisations;
  private long memory = Long.MAX_VALUE;
  private long allocated;
  private int captures;
  private boolean capturing;
  private boolean closed;

  EmulatedDevice(Type activation) {
    this(activation, false);
  }

  /**
   * @param reversed whether threads and blocks run from the last to the first
   */
  EmulatedDevice(Type activation, boolean reversed) {
    emulator = Emulator.of(activation);
    this.reversed = reversed;
  }

  /** A device that has so many bytes. */
  EmulatedDevice withMemory(long bytes) {
    memory = bytes;
    return this;
  }

  long allocatedBytes() {
    return allocated;
  }

  int captures() {
    return captures;
  }

  boolean closed() {
    return closed;
  }

  @Override
  public long allocate(long bytes) {
    if (bytes > memory - allocated) {
      throw Refusals.outOfMemory("emulated", bytes, memory - allocated, memory);
    }
    allocated += bytes;
    return hostMemory(bytes).address();
  }

  @Override
  public Pointer hostMemory(long bytes) {
    BytePointer block = new BytePointer(bytes);
    blocks.add(block);
    Emulator.fill(block.address(), 0xff, bytes);
    return block;
  }

  @Override
  public void upload(long to, Pointer from, long bytes) {
    Emulator.copy(to, from.address() + from.position(), bytes);
  }

  @Override
  public void download(Pointer to, long from, long bytes) {
    Emulator.copy(to.address() + to.position(), from, bytes);
  }

  @Override
  public Work prepare(Task task) {
    Work work;
    if (task instanceof Launch launch) {
      work = prepare(launch);
    } else if (task instanceof Product product) {
      work = prepare(product);
    } else {
      Clear clear = (Clear) task;
      work = () -> Emulator.fill(clear.at().value(), 0, clear.bytes());
    }
    return () -> {
      if (!capturing) {
        work.enqueue();
      }
    };
  }

  private Work prepare(Launch launch) {
    assertThat(kinds(launch))
        .as("arguments of %s", launch)
        .isEqualTo(emulator.signature(launch.kernel()));
    long[] arguments = launch.arguments().stream().mapToLong(Arguments::bits).toArray();
    return () -> emulator.launch(launch, arguments, reversed);
  }

  private static String kinds(Launch launch) {
    StringBuilder kinds = new StringBuilder();
    for (Object argument : launch.arguments()) {
      kinds.append(
          argument instanceof Address
              ? 'p'
              : argument instanceof Integer ? 'i' : argument instanceof Long ? 'l' : 'f');
    }
    return kinds.toString();
  }

  private static Work prepare(Product product) {
    long[] facts = new long[25];
    facts[0] = product.m();
    facts[1] = product.n();
    facts[2] = product.k();
    facts[3] = product.batch();
    facts[4] = product.bias() == null ? 0 : product.bias().value();
    put(facts, 5, product.a());
    put(facts, 10, product.b());
    if (product.addend() != null) {
      put(facts, 15, product.addend());
    }
    put(facts, 20, product.d());
    return () -> Emulator.multiply(facts, product.alpha());
  }

  private static void put(long[] facts, int at, Product.Matrix matrix) {
    facts[at] = matrix.data().at().value();
    facts[at + 1] = matrix.data().type() == Type.BF16 ? 1 : 0;
    facts[at + 2] = matrix.stride();
    facts[at + 3] = matrix.turned() ? 1 : 0;
    facts[at + 4] = matrix.batchStride();
  }

  @Override
  public Work capture(List<Work> works) {
    captures++;
    capturing = true;
    works.forEach(Work::enqueue);
    capturing = false;
    return () -> works.forEach(Work::enqueue);
  }

  @Override
  public void synchronise() {
    synchronisations++;
  }

  @Override
  public long synchronisations() {
    return synchronisations;
  }

  @Override
  public void close() {
    blocks.forEach(Pointer::close);
    closed = true;
  }
}
