package org.sparkmim.job.cli;

import java.util.ArrayList;
import org.sparkmim.model.weights.WeightsFormat;
import picocli.CommandLine;

/** Reads the name of a weights format. */
final class FormatOption implements CommandLine.ITypeConverter<WeightsFormat> {
  @Override
  public WeightsFormat convert(String key) {
    return WeightsFormat.of(key)
        .orElseThrow(
            () ->
                new CommandLine.TypeConversionException(
                    "there is no format "
                        + key
                        + "; known are "
                        + String.join(", ", WeightsFormat.keys())));
  }

  /** The names, for help texts. */
  static final class Formats extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Formats() {
      super(WeightsFormat.keys());
    }
  }
}
