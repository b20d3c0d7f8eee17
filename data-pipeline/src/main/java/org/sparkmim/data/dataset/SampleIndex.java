package org.sparkmim.data.dataset;

/**
 * Where every sample lies, as plain arrays by sample id (28 bytes a sample).
 *
 * @param shard [n] position in the manifest's list of shards
 * @param offset [n] first byte of the encoded picture in its shard
 * @param length [n] bytes of the encoded picture
 * @param label [n] label number, -1 without labels
 * @param digest [n] first 8 bytes of the SHA-256 of the encoded picture, big-endian: enough to know
 *     damage, which nobody made to go unseen
 */
public record SampleIndex(int[] shard, long[] offset, int[] length, int[] label, long[] digest) {
  SampleIndex(int samples) {
    this(
        new int[samples], new long[samples], new int[samples], new int[samples], new long[samples]);
  }

  public int size() {
    return shard.length;
  }
}
