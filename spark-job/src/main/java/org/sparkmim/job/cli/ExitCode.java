package org.sparkmim.job.cli;

/** Exit codes of every command, for schedulers that decide by them. */
public enum ExitCode {
  /** The work is done, now or by an earlier run of the same command. */
  DONE(0),
  /** Arguments or configuration are wrong; the same command will fail again. */
  USAGE(2),
  /** The input data is missing, damaged or unfit. */
  INPUT(3),
  /** The work failed on its way; the same command may continue it. */
  RUN_FAILED(4),
  /** Another process trains into the same run; nothing was changed. As sysexits' EX_TEMPFAIL. */
  BUSY(75),
  /** Stopped from outside after a commit. */
  INTERRUPTED(130);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /** The number the process exits with. */
  public int code() {
    return code;
  }
}
