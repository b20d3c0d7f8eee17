package org.sparkmim.job.verify;

/** How an error stands to the limits of its group. */
enum Verdict {
  WITHIN_AIM("within aim"),
  WITHIN_ACCEPT("beyond aim"),
  MISSED("MISSED");

  private final String words;

  Verdict(String words) {
    this.words = words;
  }

  String words() {
    return words;
  }

  /** Not a number is a miss. */
  static Verdict of(double error, Group group) {
    if (error <= group.aim()) {
      return WITHIN_AIM;
    }
    return error <= group.accept() ? WITHIN_ACCEPT : MISSED;
  }
}
