package org.sparkmim.job;

import java.util.Objects;

/**
 * A failure that the user can act on: the message says what, where, which value, what is allowed
 * and what to do next. It is printed without a stack trace and ends the process with its kind's
 * code.
 */
public final class MimException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Whose turn it is after the failure. */
  public enum Kind {
    /** Arguments or configuration are wrong; the same command will fail again. */
    USAGE,
    /** The input data is missing, damaged or unfit. */
    INPUT,
    /** The work failed on its way; the same command may continue it. */
    FAILED,
    /** Another process does this work right now; nothing was changed. */
    BUSY,
    /** Stopped from outside after a commit; the same command continues. */
    INTERRUPTED
  }

  private final Kind kind;

  private MimException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = Objects.requireNonNull(kind);
  }

  /** Wrong arguments or configuration. */
  public static MimException usage(String message) {
    return new MimException(Kind.USAGE, message, null);
  }

  /** Wrong arguments or configuration, found through another failure. */
  public static MimException usage(String message, Throwable cause) {
    return new MimException(Kind.USAGE, message, cause);
  }

  /** Missing, damaged or unfit input. */
  public static MimException input(String message) {
    return new MimException(Kind.INPUT, message, null);
  }

  /** Missing, damaged or unfit input, found through another failure. */
  public static MimException input(String message, Throwable cause) {
    return new MimException(Kind.INPUT, message, cause);
  }

  /** Work that failed on its way and can be continued by the same command. */
  public static MimException failed(String message) {
    return new MimException(Kind.FAILED, message, null);
  }

  /** Work that failed on its way because of another failure. */
  public static MimException failed(String message, Throwable cause) {
    return new MimException(Kind.FAILED, message, cause);
  }

  /** Work that another process is doing. */
  public static MimException busy(String message) {
    return new MimException(Kind.BUSY, message, null);
  }

  /** Work that was stopped from outside and has committed what it had. */
  public static MimException interrupted(String message) {
    return new MimException(Kind.INTERRUPTED, message, null);
  }

  /** Whose turn it is. */
  public Kind kind() {
    return kind;
  }
}
