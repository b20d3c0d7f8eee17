package org.sparkmim.job.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.sparkmim.job.exchange.Export;
import org.sparkmim.job.exchange.ExportSource;
import org.sparkmim.model.weights.Part;
import org.sparkmim.model.weights.WeightsFormat;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes a checkpoint's weights for other programs. */
@Command(
    name = "export",
    description = {
      "Writes weights as a safetensors file under the names of another program.",
      "Numbers are copied as they are, float32."
    },
    mixinStandardHelpOptions = true)
final class ExportCommand implements Runnable {
  @ArgGroup(exclusive = true, multiplicity = "1")
  private Source source;

  /** One of the two. */
  static final class Source {
    @Option(names = "--run", paramLabel = "RUN", description = "Directory of a run.")
    private String run;

    @Option(
        names = "--weights",
        paramLabel = "FILE",
        description = "A model.safetensors of SparkMIM's, outside of a run.")
    private String weights;
  }

  @Option(
      names = "--checkpoint",
      paramLabel = "STEP",
      description = "Which one of the run: a number of steps, latest (default), or best by score.",
      defaultValue = ExportSource.LATEST)
  private String checkpoint;

  @Option(
      names = "--format",
      required = true,
      completionCandidates = FormatOption.Formats.class,
      converter = FormatOption.class,
      description = "Whose names: ${COMPLETION-CANDIDATES}.")
  private WeightsFormat format;

  @Option(
      names = "--part",
      description = "encoder (default): what a classifier takes; full: all that was trained.",
      defaultValue = "encoder")
  private Part part;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "Where to write, on any file system that Hadoop knows.")
  private String output;

  @Option(names = "--force", description = "Replace the file if it is there.")
  private boolean force;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(new SparkConf());
    Path from =
        source.run == null
            ? new Path(source.weights)
            : ExportSource.of(hadoop, source.run, checkpoint).model();
    Export.Written written = new Export(hadoop, format, part).write(from, new Path(output), force);
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "Wrote %s: %,d tensors, %,d numbers of %s, names of %s%n",
        written.file(),
        written.tensors(),
        written.parameters(),
        from,
        format.key());
    out.flush();
  }
}
