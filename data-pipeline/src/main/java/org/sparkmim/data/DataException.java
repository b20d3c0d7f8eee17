package org.sparkmim.data;

/**
 * A mistake the user can mend: the message says what, where, which value, what is allowed and what
 * to do next, and is shown without a stack trace.
 */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Whose mistake it is: of the settings given (exit 2), or of the data read (exit 3). */
  public enum Kind {
    ARGUMENT,
    INPUT
  }

  private final Kind kind;

  public DataException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public DataException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** A setting or argument that cannot be used as given. */
  public static DataException argument(String format, Object... values) {
    return new DataException(Kind.ARGUMENT, String.format(format, values));
  }

  /** Data that cannot be used as found. */
  public static DataException input(String format, Object... values) {
    return new DataException(Kind.INPUT, String.format(format, values));
  }

  public Kind kind() {
    return kind;
  }
}
