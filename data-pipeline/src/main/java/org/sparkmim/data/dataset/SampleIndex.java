package org.sparkmim.data.dataset;

/**
 * Where every sample lies, as plain arrays by sample id (20 bytes a sample).
 *
 * @param shard [n] position in the manifest's list of shards
 * @param offset [n] first byte of the encoded picture in its shard
 * @param length [n] bytes of the encoded picture
 * @param label [n] label number, -1 without labels
 */
public record SampleIndex(int[] shard, long[] offset, int[] length, int[] label) {
  SampleIndex(int samples) {
    this(new int[samples], new long[samples], new int[samples], new int[samples]);
  }

  public int size() {
    return shard.length;
  }
}
