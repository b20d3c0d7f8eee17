package org.sparkmim.job.verify;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerificationReportTest {
  private static final TensorCheck GOOD = new TensorCheck(Group.FORWARD, "block/0", 4e-7);
  private static final TensorCheck FAR = new TensorCheck(Group.FORWARD, "pred/1", 2e-5);
  private static final TensorCheck BAD = new TensorCheck(Group.GRADIENT, "grad/x", 0.5);
  private static final TensorCheck NAN = new TensorCheck(Group.LOSS, "loss", Double.NaN);

  @Test
  void passesWithRealDifferencesButNamesThem() {
    VerificationReport report = report(GOOD, FAR);
    assertThat(report.passed()).isTrue();
    assertThat(text(report))
        .contains("4.00e-07  block/0")
        .contains("2.00e-05  pred/1  <- beyond aim")
        .contains("Beyond \"aim for\": real differences:")
        .doesNotContain("Beyond \"accept\"")
        .contains("PASSED");
  }

  @Test
  void failsWhenAnyTensorMissesItsLimit() {
    for (TensorCheck miss : List.of(BAD, NAN)) {
      VerificationReport report = report(GOOD, miss);
      assertThat(report.passed()).isFalse();
      assertThat(text(report)).contains("Beyond \"accept\":").contains("FAILED");
    }
  }

  @Test
  void anEmptyComparisonProvesNothing() {
    assertThat(report().passed()).isFalse();
  }

  @Test
  void machinesReadTheSame() throws IOException {
    JsonNode json = new ObjectMapper().readTree(ReportJson.render(report(GOOD, FAR, BAD, NAN)));
    assertThat(json.path("passed").booleanValue()).isFalse();
    assertThat(json.path("beyondAim").get(0).textValue()).isEqualTo("pred/1");
    assertThat(json.path("missed")).hasSize(2);
    JsonNode forward = json.path("groups").get(0);
    assertThat(forward.path("group").textValue()).isEqualTo("forward");
    assertThat(forward.path("worst").doubleValue()).isEqualTo(2e-5);
    assertThat(forward.path("published").doubleValue()).isEqualTo(3e-7);
    assertThat(forward.path("verdict").textValue()).isEqualTo("beyond-aim");
    assertThat(forward.path("tensors")).hasSize(2);
  }

  private static VerificationReport report(TensorCheck... checks) {
    return new VerificationReport(
        "f", "m", "s", "reference, f32", List.of(checks), Map.of(Group.FORWARD, 3e-7));
  }

  private static String text(VerificationReport report) {
    StringWriter text = new StringWriter();
    ReportText.print(report, new PrintWriter(text));
    return text.toString();
  }
}
