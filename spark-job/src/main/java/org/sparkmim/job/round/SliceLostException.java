package org.sparkmim.job.round;

/** A slice is no longer where it was: its process ended, or was told to drop it. */
final class SliceLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient SliceRef slice;

  SliceLostException(SliceRef slice, Throwable cause) {
    super("slice " + slice.block() + " is no longer on " + slice.holder(), cause);
    this.slice = slice;
  }

  SliceRef slice() {
    return slice;
  }
}
