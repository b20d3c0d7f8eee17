package org.sparkmim.data.dataset;

import java.util.regex.Pattern;
import org.sparkmim.data.DataException;

/** Takes the index rows of one shard into the arrays, and believes none of them unseen. */
final class PlaceChecker implements ParquetTables.Place {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  private final SampleIndex index;
  private final int shard;
  private final DatasetManifest.FileEntry file;
  private final int labels;
  private int next;

  PlaceChecker(
      SampleIndex index, int shard, DatasetManifest.FileEntry file, int labels, int first) {
    this.index = index;
    this.shard = shard;
    this.file = file;
    this.labels = labels;
    this.next = first;
  }

  @Override
  public void accept(long id, String shardName, long offset, int length, int label, String sha256) {
    boolean sound =
        id == next
            && next < index.size()
            && shardName.equals(file.name())
            && offset >= 0
            && length > 0
            && offset <= file.bytes() - length
            && label >= -1
            && label < labels
            && (label >= 0 || labels == 0)
            && SHA256.matcher(sha256).matches();
    if (!sound) {
      throw DataException.input(
          "The index row of sample %d in shard %s is damaged (id %d, shard %s, offset %d, length %d,"
              + " label %d, SHA-256 %s); ingest the data set again",
          next, file.name(), id, shardName, offset, length, label, sha256);
    }
    index.shard()[next] = shard;
    index.offset()[next] = offset;
    index.length()[next] = length;
    index.label()[next] = label;
    index.digest()[next] = Sha256.head(sha256);
    next++;
  }

  int next() {
    return next;
  }
}
