package org.sparkmim.model.weights;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** A stream that cannot go back, read by rising positions. */
final class ForwardSource implements ByteSource {
  private final InputStream in;
  private long position;

  ForwardSource(InputStream in) {
    this.in = in;
  }

  @Override
  public void readFully(long wanted, byte[] into, int offset, int length) throws IOException {
    if (wanted < position) {
      throw new IllegalStateException(
          "A stream's tensors are read in the order of their bytes: byte "
              + wanted
              + " is wanted after byte "
              + position);
    }
    in.skipNBytes(wanted - position);
    position = wanted;
    int read = in.readNBytes(into, offset, length);
    position += read;
    if (read < length) {
      throw new EOFException();
    }
  }
}
