package org.sparkmim.job.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import org.apache.spark.SparkUserAppException;
import org.sparkmim.job.verify.VerifyReferenceCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command {@code mim}. */
@Command(
    name = "mim",
    description = "Masked-image-modelling pre-training as a Spark job.",
    mixinStandardHelpOptions = true,
    versionProvider = Mim.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "2:bad arguments or configuration",
      "3:bad input data",
      "4:failed, can be resumed by the same command",
      "75:another process trains into the same run, nothing was changed",
      "130:interrupted after a commit"
    },
    subcommands = {
      DemoCommand.class,
      IngestCommand.class,
      InspectCommand.class,
      PretrainCommand.class,
      EvaluateCommand.class,
      BenchCommand.class,
      CompareCommand.class,
      PlanCommand.class,
      ReportCommand.class,
      ExportCommand.class,
      ImportCommand.class,
      RecipeCommand.class,
      VerifyReferenceCommand.class
    })
public final class Mim implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "name a command.");
  }

  /** Runs one command and returns its exit code; writes only to the two writers. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    ErrorReport report = new ErrorReport();
    CommandLine command =
        new CommandLine(new Mim())
            .setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler(report)
            .setExecutionExceptionHandler(report);
    return command.execute(args);
  }

  public static void main(String[] args) throws SparkUserAppException {
    int code = run(terminal(System.out), terminal(System.err), args);
    if (SparkSessions.isOfYarn()) {
      leaveToYarn(code);
      return;
    }
    // Spark and native libraries leave threads behind that would keep a finished process alive.
    System.exit(code);
  }

  /** YARN ends the process itself, and counts one that ends without it as failed. */
  private static void leaveToYarn(int code) throws SparkUserAppException {
    if (code != 0) {
      throw new SparkUserAppException(code);
    }
  }

  /** In the terminal's own encoding, which is what the person reads. */
  private static PrintWriter terminal(PrintStream stream) {
    return new PrintWriter(stream, true, Charset.defaultCharset());
  }

  /** Prints the version that the jar was built as. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"mim " + CodeVersion.current()};
    }
  }
}
