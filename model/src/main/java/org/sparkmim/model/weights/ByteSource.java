package org.sparkmim.model.weights;

import java.io.IOException;

/** Bytes by position; a Hadoop input stream's {@code readFully} is one. */
@FunctionalInterface
public interface ByteSource {
  /**
   * Fills {@code into[offset .. offset+length)} from {@code position} on.
   *
   * @throws java.io.EOFException if the source ends before
   */
  void readFully(long position, byte[] into, int offset, int length) throws IOException;
}
