package org.sparkmim.job.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.sparkmim.job.verify.VerifyReferenceCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The commands about engines alone, for machines that have a GPU and neither Spark nor Hadoop:
 * {@code submit-scripts/gpu-check} takes them there.
 */
@Command(
    name = "engine-tools",
    mixinStandardHelpOptions = true,
    subcommands = {VerifyReferenceCommand.class, BenchStepCommand.class})
public final class EngineTools implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "name a command.");
  }

  public static void main(String[] args) {
    ErrorReport report = new ErrorReport();
    System.exit(
        new CommandLine(new EngineTools())
            .setOut(printer(System.out))
            .setErr(printer(System.err))
            .setParameterExceptionHandler(report)
            .setExecutionExceptionHandler(report)
            .execute(args));
  }

  private static PrintWriter printer(PrintStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }
}
