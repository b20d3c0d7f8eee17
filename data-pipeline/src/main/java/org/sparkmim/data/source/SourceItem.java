package org.sparkmim.data.source;

/**
 * One picture of the input and where its bytes lie. Names are data for people, never paths to
 * write.
 *
 * @param name where it comes from, relative to the input
 * @param label class name, empty for none (or, in tables, for not known before reading)
 * @param path file that holds it
 * @param offset first byte in that file
 * @param length bytes; -1 in tables, where only reading tells
 * @param row row in a table, -1 elsewhere
 */
public record SourceItem(
    String name, String label, String path, long offset, long length, long row) {
  static final int MAX_NAME = 1024;

  static SourceItem range(String name, String label, String path, long offset, long length) {
    return new SourceItem(limited(name), limited(label), path, offset, length, -1);
  }

  static SourceItem row(String name, String path, long row) {
    return new SourceItem(limited(name), "", path, 0, -1, row);
  }

  static String limited(String name) {
    return name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME);
  }
}
