package org.sparkmim.data.ingest;

/**
 * A checked picture, ready to be stored.
 *
 * @param bytes as they go into a shard
 * @param extension file extension of their format
 * @param width pixels across, upright
 * @param height pixels down, upright
 */
record Picture(byte[] bytes, String extension, int width, int height) {}
