package org.sparkmim.model;

/**
 * A mistake the user can mend: the message says what, where, which value, what is allowed and what
 * to do next, and is shown without a stack trace.
 */
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Whose mistake it is: of the settings given, or of the data read. */
  public enum Kind {
    ARGUMENT,
    INPUT
  }

  private final Kind kind;

  public ModelException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public ModelException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
