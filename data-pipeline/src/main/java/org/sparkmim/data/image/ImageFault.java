package org.sparkmim.data.image;

/** Why an encoded picture cannot be used. */
public final class ImageFault extends Exception {
  private static final long serialVersionUID = 1L;

  /** Reason codes, as they stand in the quarantine of a data set. */
  public enum Reason {
    /** No bytes at all. */
    EMPTY,
    /** More bytes than the limit. */
    TOO_MANY_BYTES,
    /** More pixels than the limit, by its own header. */
    TOO_MANY_PIXELS,
    /** Nothing that looks like a picture. */
    NOT_AN_IMAGE,
    /** A picture, but not JPEG, PNG or WebP. */
    UNSUPPORTED_FORMAT,
    /** A picture of another format than its name says. */
    WRONG_EXTENSION,
    /** Ends before the picture does. */
    TRUNCATED,
    /** Broken inside. */
    CORRUPT,
    /** Byte for byte equal to an earlier file. */
    DUPLICATE,
    /** The file system would not give its bytes. */
    UNREADABLE,
    /** Without a label in an input that has labels. */
    NO_LABEL;

    /** The code as written to quarantine, such as {@code too-many-pixels}. */
    public String code() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  private final Reason reason;

  public ImageFault(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
