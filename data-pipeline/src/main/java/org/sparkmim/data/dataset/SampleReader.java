package org.sparkmim.data.dataset;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.fs.FSDataInputStream;
import org.sparkmim.data.DataException;

/**
 * Reads encoded pictures by ranged reads, and takes none that is not the one that was ingested.
 * Keeps a few shards open and one buffer; one a thread.
 */
public final class SampleReader implements AutoCloseable {
  private static final int OPEN_SHARDS = 32;

  private final Dataset dataset;
  private final Map<Integer, FSDataInputStream> open = new LinkedHashMap<>(16, 0.75f, true);
  private final MessageDigest sha256 = Sha256.digest();
  private final byte[] digest = new byte[sha256.getDigestLength()];
  private byte[] buffer = new byte[1 << 17];

  public SampleReader(Dataset dataset) {
    this.dataset = dataset;
  }

  /**
   * Reads a sample into {@link #bytes()}.
   *
   * @return how many bytes it has
   * @throws DataException (input) naming the sample when its shard cannot be read or is damaged
   *     there
   */
  public int read(long id) {
    SampleIndex index = dataset.index();
    int i = Math.toIntExact(id);
    int length = index.length()[i];
    if (buffer.length < length) {
      buffer = new byte[length];
    }
    try {
      shard(index.shard()[i]).readFully(index.offset()[i], buffer, 0, length);
    } catch (EOFException e) {
      throw unreadable(id, "the shard ends before the sample does", e);
    } catch (IOException e) {
      throw unreadable(id, e.getMessage(), e);
    }
    if (digest(length) != index.digest()[i]) {
      throw unreadable(id, "its bytes are not those that were ingested (SHA-256 differs)", null);
    }
    return length;
  }

  private long digest(int length) {
    sha256.update(buffer, 0, length);
    try {
      sha256.digest(digest, 0, digest.length);
    } catch (DigestException e) {
      throw new IllegalStateException("The digest has the length it says", e);
    }
    return ByteBuffer.wrap(digest).getLong();
  }

  /**
   * The bytes of the sample read last, from the start of the array; overwritten by the next read.
   */
  public byte[] bytes() {
    return buffer;
  }

  private FSDataInputStream shard(int shard) throws IOException {
    FSDataInputStream stream = open.get(shard);
    if (stream == null) {
      closeEldest();
      String name = dataset.manifest().shards().get(shard).name();
      stream = dataset.storage().open(Dataset.SHARDS + "/" + name);
      open.put(shard, stream);
    }
    return stream;
  }

  private void closeEldest() throws IOException {
    if (open.size() >= OPEN_SHARDS) {
      Integer eldest = open.keySet().iterator().next();
      open.remove(eldest).close();
    }
  }

  private DataException unreadable(long id, String reason, Exception cause) {
    return new DataException(
        DataException.Kind.INPUT,
        "Cannot read "
            + dataset.describe(id)
            + ": "
            + reason
            + ". Run 'mim inspect' on the data set, and restore what it names.",
        cause);
  }

  @Override
  public void close() {
    for (FSDataInputStream stream : open.values()) {
      try {
        stream.close();
      } catch (IOException e) {
        // Nothing was written; the bytes read have been checked by their reader.
        continue;
      }
    }
    open.clear();
  }
}
