package org.sparkmim.data.ingest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import org.sparkmim.data.dataset.Sha256;

/**
 * Writes a ustar archive whose bytes depend on nothing but names and contents: owner, times and
 * modes are constants.
 */
final class TarWriter implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final int MAX_NAME = 100;

  private final OutputStream out;
  private final MessageDigest digest = Sha256.digest();
  private long position;

  TarWriter(OutputStream out) {
    this.out = new DigestOutputStream(out, digest);
  }

  /**
   * Adds an ordinary file.
   *
   * @return where its first byte lies in the archive
   */
  long add(String name, byte[] content) throws IOException {
    byte[] encodedName = name.getBytes(StandardCharsets.US_ASCII);
    if (encodedName.length > MAX_NAME) {
      throw new IllegalArgumentException("Name too long for a shard: " + name);
    }
    byte[] header = new byte[BLOCK];
    System.arraycopy(encodedName, 0, header, 0, encodedName.length);
    put(header, 100, "0000644\0");
    put(header, 108, "0000000\0");
    put(header, 116, "0000000\0");
    put(header, 124, String.format("%011o\0", content.length));
    put(header, 136, "00000000000\0");
    put(header, 148, "        ");
    put(header, 156, "0");
    put(header, 257, "ustar\00000");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, String.format("%06o\0 ", sum));
    write(header);
    long data = position;
    write(content);
    write(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
    return data;
  }

  /** Ends the archive. */
  Written finish() throws IOException {
    write(new byte[2 * BLOCK]);
    out.close();
    return new Written(position, Sha256.hex(digest));
  }

  /** Size and digest of a finished archive. */
  record Written(long bytes, String sha256) {}

  private void write(byte[] bytes) throws IOException {
    out.write(bytes);
    position += bytes.length;
  }

  private static void put(byte[] header, int at, String ascii) {
    byte[] bytes = ascii.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
