package org.sparkmim.data.source;

/**
 * An entry of a tar archive.
 *
 * @param name as stored; may be hostile, never use it as a path
 * @param offset first byte of its data in the file that holds the archive
 * @param length bytes of its data
 * @param regular whether it is an ordinary file
 */
record TarEntry(String name, long offset, long length, boolean regular) {}
