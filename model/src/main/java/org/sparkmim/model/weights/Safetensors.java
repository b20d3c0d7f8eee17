package org.sparkmim.model.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.sparkmim.model.ModelException;

/**
 * Safetensors files: 8 bytes header length, a JSON header, the tensors' bytes; little endian,
 * row-major.
 *
 * <p>Reading trusts nothing: lengths, offsets and shapes are compared with the bytes that exist
 * before anything of a claimed size is allocated, and whatever does not fit is refused with a
 * {@link ModelException} of kind INPUT. Written bytes depend on names, shapes and values only.
 */
public final class Safetensors {
  /** Limit of the format itself for the JSON header. */
  public static final int MAX_HEADER_BYTES = 100_000_000;

  private static final int LENGTH_BYTES = 8;
  private static final JsonFactory JSON = new JsonFactory();

  private Safetensors() {}

  /**
   * Opens a file.
   *
   * @throws ModelException INPUT if it is missing, unreadable or malformed
   */
  public static SafetensorsReader open(Path file) throws IOException {
    Refusal refusal = new Refusal(file.toString());
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new ModelException(
          ModelException.Kind.INPUT,
          "Cannot read " + file + ": no readable file there. Give the path of a safetensors file.");
    }
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      ByteSource source =
          (position, into, offset, length) -> {
            ByteBuffer target = ByteBuffer.wrap(into, offset, length);
            for (long at = position; target.hasRemaining(); ) {
              int read = channel.read(target, at);
              if (read < 0) {
                throw new EOFException();
              }
              at += read;
            }
          };
      return open(source, channel.size(), refusal, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Opens bytes that can be read by position, such as a Hadoop stream's {@code in::readFully}; the
   * caller closes what is behind them.
   *
   * @param length size of the whole file in bytes
   * @param origin the file's name, for messages
   */
  public static SafetensorsReader open(ByteSource source, long length, String origin)
      throws IOException {
    return open(source, length, new Refusal(origin), () -> {});
  }

  /**
   * Opens a stream, whose tensors can then be read in the order of their bytes only; closing the
   * reader closes the stream.
   *
   * @param length size of the whole file in bytes, which the header is checked against
   * @param origin the file's name, for messages
   */
  public static SafetensorsReader open(InputStream in, long length, String origin)
      throws IOException {
    return open(new ForwardSource(in), length, new Refusal(origin), in);
  }

  private static SafetensorsReader open(
      ByteSource source, long length, Refusal refusal, Closeable resource) throws IOException {
    if (length < LENGTH_BYTES) {
      throw refusal.of("it has " + length + " bytes, fewer than the 8 of the header length");
    }
    try {
      byte[] first = new byte[LENGTH_BYTES];
      source.readFully(0, first, 0, LENGTH_BYTES);
      long headerBytes = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong();
      long allowed = Math.min(MAX_HEADER_BYTES, length - LENGTH_BYTES);
      if (headerBytes < 2 || headerBytes > allowed) {
        throw refusal.of(
            "its header length is "
                + Long.toUnsignedString(headerBytes)
                + ", not between 2 and "
                + allowed);
      }
      byte[] json = new byte[(int) headerBytes];
      source.readFully(LENGTH_BYTES, json, 0, json.length);
      long dataStart = LENGTH_BYTES + headerBytes;
      SafetensorsHeader header = HeaderParser.parse(json, length - dataStart, refusal);
      return new SafetensorsReader(header, source, dataStart, refusal, resource);
    } catch (EOFException e) {
      throw refusal.of("it ends inside its header", e);
    }
  }

  /**
   * Writes a file aside and then renames it, so that a half-written one never bears the name.
   *
   * @throws ModelException ARGUMENT if two tensors have the same name
   */
  public static void write(Path file, Map<String, String> metadata, List<Tensor> tensors)
      throws IOException {
    Path target = file.toAbsolutePath();
    // Not a "temporary file" of the JDK: those are readable by their owner only, for ever.
    Path aside = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
    try {
      try (FileChannel channel =
          FileChannel.open(aside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        write(Channels.newOutputStream(channel), metadata, tensors);
        channel.force(true);
      }
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(aside);
    }
  }

  /** Writes to a stream and flushes it; the caller closes it. */
  public static void write(OutputStream out, Map<String, String> metadata, List<Tensor> tensors)
      throws IOException {
    List<Tensor> ordered = inFileOrder(tensors);
    byte[] header = header(metadata, ordered);
    BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 16);
    buffered.write(
        ByteBuffer.allocate(LENGTH_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .array());
    buffered.write(header);
    for (Tensor tensor : ordered) {
      tensor.writeTo(buffered);
    }
    buffered.flush();
  }

  /** Wide elements first, so that every tensor is aligned to its element size; then by name. */
  private static List<Tensor> inFileOrder(List<Tensor> tensors) {
    Set<String> names = new HashSet<>(Set.of("__metadata__"));
    for (Tensor tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new ModelException(
            ModelException.Kind.ARGUMENT,
            "Cannot write two tensors named " + Refusal.quoted(tensor.name()) + ".");
      }
    }
    return tensors.stream()
        .sorted(
            Comparator.comparingInt((Tensor tensor) -> -tensor.type().bytes())
                .thenComparing(Tensor::name))
        .toList();
  }

  private static byte[] header(Map<String, String> metadata, List<Tensor> tensors)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart("__metadata__");
        for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      long position = 0;
      for (Tensor tensor : tensors) {
        json.writeObjectFieldStart(tensor.name());
        json.writeStringField("dtype", tensor.type().name());
        long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
        json.writeFieldName("shape");
        json.writeArray(shape, 0, shape.length);
        json.writeFieldName("data_offsets");
        long end = Math.addExact(position, tensor.bytes());
        json.writeArray(new long[] {position, end}, 0, 2);
        json.writeEndObject();
        position = end;
      }
      json.writeEndObject();
    }
    return padded(bytes.toByteArray());
  }

  private static byte[] padded(byte[] json) {
    int length = (json.length + LENGTH_BYTES - 1) / LENGTH_BYTES * LENGTH_BYTES;
    if (length > MAX_HEADER_BYTES) {
      throw new ModelException(
          ModelException.Kind.ARGUMENT,
          "Cannot write a header of " + length + " bytes; the format allows " + MAX_HEADER_BYTES);
    }
    byte[] header = Arrays.copyOf(json, length);
    Arrays.fill(header, json.length, length, (byte) ' ');
    return header;
  }
}
