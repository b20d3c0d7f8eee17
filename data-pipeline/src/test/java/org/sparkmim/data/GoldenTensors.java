package org.sparkmim.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Tensors that the published code computed: small safetensors files among the test resources. */
public final class GoldenTensors {
  private final JsonNode header;
  private final ByteBuffer data;

  private GoldenTensors(JsonNode header, ByteBuffer data) {
    this.header = header;
    this.data = data;
  }

  public static GoldenTensors read(String file) {
    try (InputStream in = GoldenTensors.class.getResourceAsStream("/golden/" + file)) {
      ByteBuffer all = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      int length = (int) all.getLong();
      JsonNode header = new ObjectMapper().readTree(all.array(), Long.BYTES, length);
      ByteBuffer data = all.slice(Long.BYTES + length, all.capacity() - Long.BYTES - length);
      return new GoldenTensors(header, data.order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int[] shape(String name) {
    JsonNode shape = header.path(name).path("shape");
    int[] sizes = new int[shape.size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = shape.get(i).asInt();
    }
    return sizes;
  }

  public float[] floats(String name) {
    ByteBuffer bytes = bytes(name);
    float[] numbers = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(numbers);
    return numbers;
  }

  public int[] ints(String name) {
    ByteBuffer bytes = bytes(name);
    int[] numbers = new int[bytes.remaining() / Integer.BYTES];
    bytes.asIntBuffer().get(numbers);
    return numbers;
  }

  public byte[] unsigned(String name) {
    ByteBuffer bytes = bytes(name);
    byte[] numbers = new byte[bytes.remaining()];
    bytes.get(numbers);
    return numbers;
  }

  private ByteBuffer bytes(String name) {
    JsonNode offsets = header.path(name).path("data_offsets");
    if (offsets.size() != 2) {
      throw new IllegalArgumentException("No tensor " + name);
    }
    int from = offsets.get(0).asInt();
    return data.slice(from, offsets.get(1).asInt() - from).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** {@code ||yours - golden|| / ||golden||} over the whole tensor. */
  public static double distance(float[] yours, float[] golden) {
    if (yours.length != golden.length) {
      throw new IllegalArgumentException(yours.length + " numbers beside " + golden.length);
    }
    double squares = 0;
    double norm = 0;
    for (int i = 0; i < golden.length; i++) {
      double difference = (double) yours[i] - golden[i];
      squares += difference * difference;
      norm += (double) golden[i] * golden[i];
    }
    return Math.sqrt(squares / norm);
  }
}
