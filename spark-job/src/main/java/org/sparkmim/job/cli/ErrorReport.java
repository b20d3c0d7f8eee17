package org.sparkmim.job.cli;

import com.typesafe.config.ConfigException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.sparkmim.data.DataException;
import org.sparkmim.job.MimException;
import org.sparkmim.job.config.Nearest;
import org.sparkmim.model.ModelException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The one place that answers failures: a mistake gets its message, anything else its message and,
 * in the log, its stack trace.
 */
final class ErrorReport
    implements CommandLine.IParameterExceptionHandler, CommandLine.IExecutionExceptionHandler {
  private static final Logger LOG = LogManager.getLogger(ErrorReport.class);

  /** What is said, and what the process ends with. */
  record Answer(ExitCode code, String message, boolean expected) {}

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    command.getErr().println(name + ": " + describe(e));
    command.getErr().println("Try " + name + " --help.");
    return ExitCode.USAGE.code();
  }

  @Override
  public int handleExecutionException(
      Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    Answer answer = answer(e);
    if (!answer.expected()) {
      LOG.error("Unexpected failure", e);
    }
    command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + answer.message());
    return answer.code().code();
  }

  /** Finds the mistake behind a failure: Spark and loader threads wrap what a task threw. */
  static Answer answer(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < 32; depth++, cause = cause.getCause()) {
      Optional<Answer> known = known(cause);
      if (known.isPresent()) {
        return known.get();
      }
    }
    String message =
        "Unexpected failure ("
            + failure.getClass().getSimpleName()
            + "): "
            + firstLine(failure)
            + ". The log has the stack trace; the same command continues from the last commit.";
    return new Answer(ExitCode.RUN_FAILED, message, false);
  }

  /** Spark puts whole stack traces into its messages. */
  private static String firstLine(Throwable failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("no message");
  }

  private static Optional<Answer> known(Throwable cause) {
    if (cause instanceof MimException e) {
      return Optional.of(new Answer(code(e.kind()), e.getMessage(), true));
    }
    if (cause instanceof DataException e) {
      boolean argument = e.kind() == DataException.Kind.ARGUMENT;
      return Optional.of(
          new Answer(argument ? ExitCode.USAGE : ExitCode.INPUT, e.getMessage(), true));
    }
    if (cause instanceof ModelException e) {
      boolean argument = e.kind() == ModelException.Kind.ARGUMENT;
      return Optional.of(
          new Answer(argument ? ExitCode.USAGE : ExitCode.INPUT, e.getMessage(), true));
    }
    if (cause instanceof ConfigException e) {
      return Optional.of(new Answer(ExitCode.USAGE, "Wrong setting: " + e.getMessage(), true));
    }
    return Optional.empty();
  }

  private static ExitCode code(MimException.Kind kind) {
    return switch (kind) {
      case USAGE -> ExitCode.USAGE;
      case INPUT -> ExitCode.INPUT;
      case FAILED -> ExitCode.RUN_FAILED;
      case BUSY -> ExitCode.BUSY;
      case INTERRUPTED -> ExitCode.INTERRUPTED;
    };
  }

  private static String describe(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return e.getMessage();
    }
    String typed = unmatched.getUnmatched().get(0);
    CommandSpec spec = e.getCommandLine().getCommandSpec();
    boolean option = typed.startsWith("-");
    Collection<String> known =
        option
            ? spec.options().stream().flatMap(o -> List.of(o.names()).stream()).toList()
            : spec.subcommands().keySet();
    String what = option ? "option" : known.isEmpty() ? "argument" : "command";
    String word = option ? typed.split("=", 2)[0] : typed;
    return "unknown "
        + what
        + " "
        + word
        + Nearest.to(word, known)
            .map(near -> ". Did you mean " + near + "?")
            .orElse(known.isEmpty() ? "." : ". Known: " + String.join(", ", known) + ".");
  }
}
