package org.sparkmim.job.cli;

import java.util.Objects;

/** The version of the code that runs, as its jar's manifest says. */
public final class CodeVersion {
  private CodeVersion() {}

  /** The version, or {@code development} when classes run from a build folder. */
  public static String current() {
    return Objects.requireNonNullElse(
        CodeVersion.class.getPackage().getImplementationVersion(), "development");
  }
}
