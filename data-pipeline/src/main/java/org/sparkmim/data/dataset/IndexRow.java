package org.sparkmim.data.dataset;

/**
 * One row of the index: a sample.
 *
 * @param id number of the sample, 0 to n-1
 * @param key name of the sample in its WebDataset shard
 * @param shard file name of the shard
 * @param offset first byte of the picture in the shard
 * @param length bytes of the picture
 * @param label label number, -1 without labels
 * @param width pixels across, upright
 * @param height pixels down, upright
 * @param sha256 digest of the picture's bytes
 * @param source where it came from, for people
 */
public record IndexRow(
    long id,
    String key,
    String shard,
    long offset,
    int length,
    int label,
    int width,
    int height,
    String sha256,
    String source) {}
