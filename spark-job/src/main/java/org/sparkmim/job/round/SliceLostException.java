package org.sparkmim.job.round;

/**
 * A slice cannot be had as it was made: its process ended or was told to drop it, or it was damaged
 * since.
 */
final class SliceLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient SliceRef slice;

  private SliceLostException(SliceRef slice, String message, Throwable cause) {
    super(message, cause);
    this.slice = slice;
  }

  static SliceLostException gone(SliceRef slice, Throwable cause) {
    return new SliceLostException(
        slice, "slice " + slice.block() + " is no longer on " + slice.holder(), cause);
  }

  /** Nobody offers a slice that is not finite, so it has become so. */
  static SliceLostException damaged(SliceRef slice) {
    return new SliceLostException(
        slice,
        "slice " + slice.block() + " of " + slice.holder() + " was damaged: it is not finite",
        null);
  }

  SliceRef slice() {
    return slice;
  }
}
