package org.sparkmim.job.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.cli.Mim;

final class WorkerPlanTest {
  private final StringWriter out = new StringWriter();

  @Test
  void aPlanAddsUp() throws IOException {
    JsonNode plan = plan("-D", "model.arch=vit-tiny", "-D", "train.workers=4");
    long n = plan.get("parameters").asLong();
    JsonNode parts = plan.get("worker_bytes");
    assertThat(parts.get("parameters").asLong()).isEqualTo(4 * n);
    assertThat(parts.get("optimizer_state").asLong()).isEqualTo(8 * n);
    assertThat(parts.get("averaging").asLong()).isEqualTo(2 * 12 * n + 12 * n / 4);
    long sum = 0;
    for (JsonNode part : parts) {
      sum += part.asLong();
    }
    assertThat(plan.get("executor_bytes").asLong()).isEqualTo(sum);
  }

  /**
   * Momentum and residual are the averagers'; workers remember the parameters to add changes to.
   */
  @Test
  void anOuterOptimiserAndRoundingTakeTheirShare() throws IOException {
    long n = plan("-D", "model.arch=vit-tiny").get("parameters").asLong();
    assertThat(averaging("-D", "train.outer.optimizer=nesterov"))
        .isEqualTo(2 * 12 * n + (12 + 4 + 4) * n / 2);
    assertThat(averaging("-D", "train.exchange=bf16"))
        .as("offers are half as large, parameters are known as well")
        .isEqualTo((4 + 2 + 2) * n + 6 * n + 4 * n + (12 + 4 + 4) * n / 2);
  }

  @Test
  void aGpusMemoryIsToldApart() throws IOException {
    JsonNode onGpu = plan("-D", "model.arch=vit-tiny", "-D", "engine.name=cuda");
    JsonNode onCpu = plan("-D", "model.arch=vit-tiny");
    assertThat(onGpu.at("/worker_bytes/activations").asLong()).isZero();
    assertThat(onGpu.get("device_bytes").asLong())
        .isGreaterThan(16 * onGpu.get("parameters").asLong());
    assertThat(onGpu.get("executor_bytes").asLong())
        .isLessThan(onCpu.get("executor_bytes").asLong());
    assertThat(onCpu.get("device_bytes").asLong()).isZero();
  }

  private long averaging(String... options) throws IOException {
    String[] all = java.util.Arrays.copyOf(options, options.length + 2);
    all[options.length] = "-D";
    all[options.length + 1] = "model.arch=vit-tiny";
    return plan(all).at("/worker_bytes/averaging").asLong();
  }

  @Test
  void aTeacherCounts() throws IOException {
    String[] maskalign = {
      "-D",
      "model.method=maskalign",
      "-D",
      "model.arch=vit-tiny",
      "-D",
      "model.alignment.mixing=sum"
    };
    JsonNode plan = plan(maskalign);
    long teacher = plan.at("/worker_bytes/teacher").asLong();
    long sum = 0;
    for (JsonNode part : plan.get("worker_bytes")) {
      sum += part.asLong();
    }
    // ViT-B/16 has 86 million parameters; nothing of it is differentiated.
    assertThat(teacher).isBetween(86_000_000L * 4, 86_000_000L * 4 * 4);
    assertThat(plan.get("executor_bytes").asLong()).isEqualTo(sum);
    assertThat(plan("-D", "model.arch=vit-tiny").at("/worker_bytes/teacher").isMissingNode())
        .isTrue();
  }

  @Test
  void halfTheNumbersTakeAboutHalfTheActivations() throws IOException {
    long f32 = activations("-D", "engine.precision=f32");
    long bf16 = activations("-D", "engine.precision=bf16");
    long twice = activations("-D", "engine.precision=f32", "-D", "train.batch-size=128");
    assertThat((double) bf16 / f32).isBetween(0.5, 0.75);
    assertThat((double) twice / f32).isBetween(1.95, 2.05);
  }

  @Test
  void aMistakeIsNamed() {
    StringWriter err = new StringWriter();
    int code =
        Mim.run(
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            "plan",
            "-D",
            "model.arch=vit-huge");
    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("vit-huge");
  }

  private long activations(String... options) throws IOException {
    return plan(options).at("/worker_bytes/activations").asLong();
  }

  private JsonNode plan(String... options) throws IOException {
    out.getBuffer().setLength(0);
    String[] args = new String[options.length + 3];
    args[0] = "plan";
    args[1] = "--json";
    args[2] = "--no-timing";
    System.arraycopy(options, 0, args, 3, options.length);
    assertThat(Mim.run(new PrintWriter(out, true), new PrintWriter(out, true), args)).isZero();
    return new ObjectMapper().readTree(out.toString());
  }
}
