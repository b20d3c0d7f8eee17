package org.sparkmim.job.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.sparkmim.job.exchange.Import;
import org.sparkmim.model.weights.Part;
import org.sparkmim.model.weights.WeightsFormat;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Takes weights from other programs. */
@Command(
    name = "import",
    description = {
      "Makes weights from another program a SparkMIM weights file, or a run to evaluate and train"
          + " on.",
      "The recipe says which model they are of."
    },
    mixinStandardHelpOptions = true)
final class ImportCommand implements Runnable {
  private static final String AUTO = "auto";
  private static final int NAMED = 3;

  @Option(
      names = "--weights",
      required = true,
      paramLabel = "FILE",
      description = "safetensors file, on any file system that Hadoop knows.")
  private String weights;

  @Option(
      names = "--format",
      description = "Whose names: auto (default), or one of those of mim export.",
      defaultValue = AUTO)
  private String format;

  @Option(
      names = "--part",
      description =
          "encoder: the rest is drawn as an untrained network's; full: all must be there. Default:"
              + " encoder where the format has no more, else full.")
  private Part part;

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      description =
          "What all names in the file begin with, such as module. ; tensors without it are passed"
              + " over.",
      defaultValue = "")
  private String prefix;

  @Mixin private RecipeOptions recipes;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "RUN_OR_FILE",
      description = "A file, if it ends in .safetensors; else the directory of a new run.")
  private String output;

  @Option(names = "--force", description = "Replace the file if it is there; never a run.")
  private boolean force;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(new SparkConf());
    Optional<WeightsFormat> names = Optional.empty();
    if (!format.equals(AUTO)) {
      names = Optional.of(format());
    }
    Import.Made made =
        new Import(
                hadoop,
                recipes.load(),
                CodeVersion.current(),
                names,
                Optional.ofNullable(part),
                prefix)
            .run(new Path(weights), output, force);
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "Imported %,d tensors (%s, %s) of %s into %s%n",
        made.imported().tensors().size(),
        made.format().key(),
        made.part().key(),
        weights,
        made.target());
    made.imported().stands().forEach(stand -> out.println("Note: " + stand + "."));
    tell(out, made.imported().passedOver(), "passed over, no part of the model");
    tell(out, made.drawn(), "not in the file, drawn as an untrained network's from train.seed");
    out.flush();
  }

  private WeightsFormat format() {
    try {
      return new FormatOption().convert(format);
    } catch (CommandLine.TypeConversionException e) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--format: " + e.getMessage() + ", and " + AUTO, e);
    }
  }

  private static void tell(PrintWriter out, List<String> names, String what) {
    if (!names.isEmpty()) {
      out.printf(
          Locale.ROOT,
          "Note: %,d %s: %s%s%n",
          names.size(),
          what,
          String.join(", ", names.subList(0, Math.min(NAMED, names.size()))),
          names.size() > NAMED ? ", ..." : "");
    }
  }
}
