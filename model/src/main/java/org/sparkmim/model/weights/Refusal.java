package org.sparkmim.model.weights;

import org.sparkmim.model.ModelException;

/** Words the refusal of one file, always with its name and what to do next. */
record Refusal(String origin) {
  private static final int LONGEST_QUOTE = 100;

  ModelException of(String what) {
    return of(what, null);
  }

  ModelException of(String what, Throwable cause) {
    return new ModelException(
        ModelException.Kind.INPUT,
        "Cannot read "
            + origin
            + ": "
            + what
            + ". It is damaged or no safetensors file; copy or write it again.",
        cause);
  }

  /** Text from the file, cut and freed of control characters: it goes to terminals and logs. */
  static String quoted(String text) {
    String shown =
        text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "\u2026";
    return "'" + shown.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?") + "'";
  }
}
