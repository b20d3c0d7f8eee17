package org.sparkmim.data.ingest;

/**
 * What checking one item found.
 *
 * @param name as the source calls it
 * @param label class name, empty for none
 * @param reason quarantine code, empty for a good picture
 * @param message why, for people
 * @param sourceSha256 digest of the file as found
 * @param storedSha256 digest of the bytes that go into a shard
 * @param bytes how many these are
 */
record Outcome(
    String name,
    String label,
    String reason,
    String message,
    String sourceSha256,
    String storedSha256,
    int bytes,
    String extension,
    int width,
    int height) {

  static Outcome refused(String name, String label, String reason, String message) {
    return new Outcome(name, label, reason, message, "", "", 0, "", 0, 0);
  }

  boolean good() {
    return reason.isEmpty();
  }
}
