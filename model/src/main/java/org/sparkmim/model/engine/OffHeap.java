package org.sparkmim.model.engine;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Bulk access to a vector of floats outside the Java heap, of any length: a single NIO buffer ends
 * at 2 GiB.
 */
public final class OffHeap {
  private static final int SEGMENT_FLOATS = 1 << 27;

  private final FloatBuffer[] segments;
  private final long size;

  /** A view of {@code size} floats; the memory must outlive it. */
  public OffHeap(FloatPointer vector, long size) {
    this.size = size;
    segments = new FloatBuffer[Math.toIntExact((size + SEGMENT_FLOATS - 1) / SEGMENT_FLOATS)];
    for (int i = 0; i < segments.length; i++) {
      long first = (long) i * SEGMENT_FLOATS;
      long length = Math.min(SEGMENT_FLOATS, size - first);
      BytePointer bytes = new BytePointer((Pointer) vector.getPointer(first));
      segments[i] =
          bytes
              .limit(length * Float.BYTES)
              .asByteBuffer()
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
    }
  }

  /** Elements. */
  public long size() {
    return size;
  }

  /** Copies elements {@code [from, from + length)} to the start of {@code target}. */
  public void get(long from, float[] target, int length) {
    int done = 0;
    while (done < length) {
      FloatBuffer segment = segments[(int) ((from + done) / SEGMENT_FLOATS)];
      int at = (int) ((from + done) % SEGMENT_FLOATS);
      int part = Math.min(length - done, segment.capacity() - at);
      segment.get(at, target, done, part);
      done += part;
    }
  }

  /** Copies the start of {@code source} to elements {@code [from, from + length)}. */
  public void put(long from, float[] source, int length) {
    int done = 0;
    while (done < length) {
      FloatBuffer segment = segments[(int) ((from + done) / SEGMENT_FLOATS)];
      int at = (int) ((from + done) % SEGMENT_FLOATS);
      int part = Math.min(length - done, segment.capacity() - at);
      segment.put(at, source, done, part);
      done += part;
    }
  }
}
