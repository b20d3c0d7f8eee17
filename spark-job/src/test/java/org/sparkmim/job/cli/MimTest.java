package org.sparkmim.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.MimException;
import org.sparkmim.model.ModelException;

final class MimTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void anUnknownCommandNamesTheNearest() {
    assertThat(mim("recpie")).isEqualTo(2);
    assertThat(err.toString()).contains("unknown command recpie. Did you mean recipe?");
  }

  @Test
  void anUnknownOptionNamesTheNearest() {
    assertThat(mim("recipe", "--cnf", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("unknown option --cnf. Did you mean --conf?");
  }

  @Test
  void noCommandIsAMistakeAndHelpIsNot() {
    assertThat(mim()).isEqualTo(2);
    assertThat(mim("--help")).isZero();
    assertThat(out.toString()).contains("recipe", "Exit codes");
  }

  @Test
  void aRecipeIsPrintedWithOrigins() {
    assertThat(mim("recipe", "-D", "train.epochs=3", "-Dtrain.seed=7")).isZero();
    assertThat(out.toString())
        .contains("train.epochs = \"3\"  # -D train.epochs")
        .contains("train.seed = \"7\"  # -D train.seed")
        .contains("train.local-steps = 8  # default");
  }

  @Test
  void anUnknownKeyIsAMistake() {
    assertThat(mim("recipe", "-D", "train.epoch=3")).isEqualTo(2);
    assertThat(err.toString()).contains("Did you mean train.epochs?").doesNotContain("at org.");
  }

  @Test
  void aMistakeBehindOtherFailuresIsFound() {
    RuntimeException wrapped =
        new IllegalStateException("task 3", new RuntimeException(MimException.input("no shard 7")));
    assertThat(ErrorReport.answer(wrapped))
        .isEqualTo(new ErrorReport.Answer(ExitCode.INPUT, "no shard 7", true));
    assertThat(ErrorReport.answer(new ModelException(ModelException.Kind.ARGUMENT, "taps")).code())
        .isEqualTo(ExitCode.USAGE);
    assertThat(ErrorReport.answer(MimException.interrupted("stopped")).code().code())
        .isEqualTo(130);
  }

  @Test
  void anythingElseIsAFailedRun() {
    ErrorReport.Answer answer = ErrorReport.answer(new IllegalStateException("boom"));
    assertThat(answer.code()).isEqualTo(ExitCode.RUN_FAILED);
    assertThat(answer.expected()).isFalse();
    assertThat(answer.message()).contains("IllegalStateException", "boom");
  }

  private int mim(String... args) {
    return Mim.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }
}
