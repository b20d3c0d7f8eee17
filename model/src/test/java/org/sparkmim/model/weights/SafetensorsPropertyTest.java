package org.sparkmim.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.sparkmim.model.ModelException;

/** jqwik prints the seed of a failing property; the arguments hold everything else. */
class SafetensorsPropertyTest {
  /** Reading a file of a few kilobytes costs Jackson's buffers and little more. */
  private static final long MOST_ALLOCATED_BYTES = 2_000_000;

  @Property(tries = 200)
  void anyContentSurvivesTheRoundTrip(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    Map<String, byte[]> contents = new HashMap<>();
    List<Tensor> tensors = tensors(random, contents);
    Map<String, String> metadata = Map.of("seed", Long.toString(seed), "\u00e9\u4e2d", "\"\\\n");
    SafetensorsReader in = SafetensorsTest.open(SafetensorsTest.bytes(metadata, tensors));
    assertThat(in.metadata()).isEqualTo(metadata);
    assertThat(in.tensors()).hasSameSizeAs(tensors);
    for (Tensor tensor : tensors) {
      assertThat(in.tensor(tensor.name()).shape()).isEqualTo(tensor.shape());
      assertThat(in.tensor(tensor.name()).type()).isEqualTo(tensor.type());
      assertThat(in.bytes(tensor.name())).isEqualTo(contents.get(tensor.name()));
    }
  }

  @Property(tries = 300)
  void aTruncatedFileIsAlwaysRefused(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    byte[] file = SafetensorsTest.bytes(Map.of(), tensors(random, new HashMap<>()));
    byte[] cut = Arrays.copyOf(file, random.nextInt(file.length));
    assertThatThrownBy(() -> SafetensorsTest.open(cut)).isInstanceOf(ModelException.class);
  }

  @Property(tries = 1000)
  void damagedHeadersAreRefusedOrReadWithoutExcess(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int damages) throws IOException {
    Random random = new Random(seed);
    byte[] file = SafetensorsTest.bytes(Map.of("k", "v"), tensors(random, new HashMap<>()));
    int header = 8 + SafetensorsTest.headerLength(file);
    for (int i = 0; i < damages; i++) {
      int at = random.nextInt(header);
      file[at] =
          switch (random.nextInt(3)) {
            case 0 -> (byte) (file[at] ^ 1 << random.nextInt(8));
            case 1 -> (byte) ('0' + random.nextInt(10));
            default -> (byte) random.nextInt(256);
          };
    }
    long before = allocated();
    try {
      SafetensorsReader in = SafetensorsTest.open(file);
      for (TensorHeader tensor : in.tensors()) {
        in.bytes(tensor.name());
      }
    } catch (ModelException refused) {
      assertThat(refused.kind()).isEqualTo(ModelException.Kind.INPUT);
    }
    assertThat(allocated() - before)
        .as("Bytes allocated for a file of %s bytes", file.length)
        .isLessThan(MOST_ALLOCATED_BYTES);
  }

  private static List<Tensor> tensors(Random random, Map<String, byte[]> contents) {
    List<Tensor> tensors = new ArrayList<>();
    int count = 1 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      TensorType type = TensorType.values()[random.nextInt(TensorType.values().length)];
      List<Long> shape = new ArrayList<>();
      long elements = 1;
      for (int rank = random.nextInt(4); rank > 0; rank--) {
        shape.add((long) random.nextInt(7));
        elements *= shape.get(shape.size() - 1);
      }
      byte[] bytes = new byte[(int) elements * type.bytes()];
      random.nextBytes(bytes);
      String name = i + "." + (char) ('!' + random.nextInt(2000));
      contents.put(name, bytes);
      tensors.add(Tensor.raw(name, type, shape, ByteBuffer.wrap(bytes)));
    }
    // Never without data, so that every truncation loses something.
    contents.put("last", new byte[8]);
    tensors.add(Tensor.raw("last", TensorType.U8, List.of(8L), ByteBuffer.wrap(new byte[8])));
    return tensors;
  }

  private static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
  }
}
