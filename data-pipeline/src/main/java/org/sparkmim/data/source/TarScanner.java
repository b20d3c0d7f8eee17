package org.sparkmim.data.source;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.sparkmim.data.dataset.Storage;

/**
 * Walks the headers of an uncompressed tar (ustar, GNU or pax), or of one that lies inside another
 * file, without reading the data between them. Every number is checked before it is believed.
 */
final class TarScanner implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final int MAX_EXTENSION_BYTES = 1 << 16;

  private final FSDataInputStream in;
  private final long end;
  private final byte[] header = new byte[BLOCK];
  private long at;
  private String longName;
  private long longSize;

  private TarScanner(FSDataInputStream in, long start, long end) {
    this.in = in;
    this.at = start;
    this.end = end;
  }

  /** Scans {@code length} bytes of a file from {@code start} on. */
  static TarScanner open(Configuration hadoop, String path, long start, long length)
      throws IOException {
    Storage storage = Storage.at(hadoop, path);
    return new TarScanner(storage.fileSystem().open(storage.root()), start, start + length);
  }

  /**
   * The next entry, or nothing at the end of the archive.
   *
   * @throws TarFault when the archive is damaged or truncated here
   */
  Optional<TarEntry> next() throws IOException, TarFault {
    longName = null;
    longSize = -1;
    while (true) {
      if (at == end) {
        return Optional.empty();
      }
      if (end - at < BLOCK) {
        throw new TarFault("the archive is truncated at byte " + at);
      }
      in.readFully(at, header);
      if (isZero()) {
        return Optional.empty();
      }
      requireChecksum();
      long size = number(124, 12);
      long data = at + BLOCK;
      int type = header[156];
      if (longSize >= 0 && isRegular(type)) {
        size = longSize;
      }
      if (size < 0 || size > end - data) {
        throw new TarFault(
            "the archive is truncated: an entry at byte " + at + " claims " + size + " bytes");
      }
      at = Math.min(end, data + (size + BLOCK - 1) / BLOCK * BLOCK);
      if (type == 'L') {
        longName = text(extension(data, size));
      } else if (type == 'x') {
        readPax(extension(data, size));
      } else if (type != 'g' && type != 'K') {
        return Optional.of(new TarEntry(name(), data, size, isRegular(type)));
      }
    }
  }

  /** Content of a small entry. */
  byte[] read(TarEntry entry, int maxBytes) throws IOException, TarFault {
    if (entry.length() > maxBytes) {
      throw new TarFault(
          "'" + SourceItem.limited(entry.name()) + "' has " + entry.length() + " bytes");
    }
    byte[] bytes = new byte[(int) entry.length()];
    in.readFully(entry.offset(), bytes);
    return bytes;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private static boolean isRegular(int type) {
    return type == '0' || type == 0 || type == '7';
  }

  private byte[] extension(long data, long size) throws IOException, TarFault {
    if (size > MAX_EXTENSION_BYTES) {
      throw new TarFault("an extended header at byte " + at + " claims " + size + " bytes");
    }
    byte[] bytes = new byte[(int) size];
    in.readFully(data, bytes);
    return bytes;
  }

  /** Records are "length key=value\n", the length counting itself. */
  private void readPax(byte[] records) throws TarFault {
    int from = 0;
    while (from < records.length && records[from] != 0) {
      int space = from;
      long length = 0;
      while (space < records.length && records[space] >= '0' && records[space] <= '9') {
        length = Math.min(Integer.MAX_VALUE, 10 * length + records[space++] - '0');
      }
      if (length <= space - from || length > records.length - from) {
        throw new TarFault("a damaged extended header before byte " + at);
      }
      String record =
          new String(records, space, (int) length - (space - from), StandardCharsets.UTF_8).strip();
      if (record.startsWith("path=")) {
        longName = record.substring("path=".length());
      } else if (record.startsWith("size=")) {
        longSize = paxSize(record.substring("size=".length()));
      }
      from += (int) length;
    }
  }

  private long paxSize(String digits) throws TarFault {
    try {
      long size = Long.parseLong(digits);
      if (size >= 0) {
        return size;
      }
    } catch (NumberFormatException e) {
      // Told below, with the place.
    }
    throw new TarFault("an extended header before byte " + at + " claims size '" + digits + "'");
  }

  private boolean isZero() {
    for (byte b : header) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private void requireChecksum() throws TarFault {
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
    }
    if (sum != number(148, 8)) {
      throw new TarFault("the archive is damaged at byte " + at + " (wrong header checksum)");
    }
  }

  /** Octal, or big-endian base 256 when the first bit is set. */
  private long number(int from, int length) throws TarFault {
    long value = 0;
    if ((header[from] & 0x80) != 0) {
      for (int i = from + length - 8; i < from + length; i++) {
        value = value << 8 | header[i] & 0xff;
      }
      return value;
    }
    for (int i = from; i < from + length; i++) {
      int c = header[i];
      if (c >= '0' && c <= '7') {
        value = value << 3 | c - '0';
      } else if (c != ' ' && c != 0) {
        throw new TarFault("the archive is damaged at byte " + at + " (no number in its header)");
      }
    }
    return value;
  }

  private String name() {
    if (longName != null) {
      return longName;
    }
    String name = text(java.util.Arrays.copyOfRange(header, 0, 100));
    boolean ustar = header[257] == 'u' && header[262] == 0;
    String prefix = ustar ? text(java.util.Arrays.copyOfRange(header, 345, 500)) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private static String text(byte[] bytes) {
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
