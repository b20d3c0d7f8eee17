package org.sparkmim.data.source;

/**
 * A tar to list: a file, or a part of one.
 *
 * @param name for people, and the front of its entries' names
 * @param label class of all its pictures; empty for a WebDataset tar, whose samples bring their own
 * @param path file it lies in
 */
public record TarRange(String name, String label, String path, long offset, long length) {}
