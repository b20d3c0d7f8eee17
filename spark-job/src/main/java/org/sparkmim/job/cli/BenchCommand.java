package org.sparkmim.job.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Measures one part of the way from files to weights. */
@Command(
    name = "bench",
    description = "Measures how fast one part of training is on this machine.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "PART",
    subcommands = {
      BenchStepCommand.class,
      BenchDataCommand.class,
      BenchRoundCommand.class,
      BenchExchangeCommand.class
    })
final class BenchCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "name a part: " + String.join(", ", spec.subcommands().keySet()));
  }
}
