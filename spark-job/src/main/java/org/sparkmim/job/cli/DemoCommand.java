package org.sparkmim.job.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkmim.job.demo.Demo;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Everything in one go on this machine. */
@Command(
    name = "demo",
    description = {
      "Makes a labelled image set, ingests it, pre-trains a small model on it, evaluates it and"
          + " writes report.html: about 2 minutes on 2 cores.",
      "The same command continues what was interrupted and keeps what is done."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Runnable {
  @Option(
      names = "--output",
      paramLabel = "DIRECTORY",
      defaultValue = "demo",
      description = "Where everything goes. Default: ${DEFAULT-VALUE}.")
  private Path output;

  @Option(
      names = "-D",
      paramLabel = "KEY=VALUE",
      description = "Overrides one key of the demo's recipe, as in -D train.epochs=3.")
  private Map<String, String> overrides = new LinkedHashMap<>();

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    new Demo(output, overrides, spec.commandLine().getOut()).run();
  }
}
