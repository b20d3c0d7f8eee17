package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.job.cli.Mim;

/** What the command line answers to mistakes: one message, the right code, nothing written. */
final class BadInputTest {
  @TempDir static Path shared;
  private static Path dataset;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void ingest() {
    dataset = TinyImages.dataset(shared, 9);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model.image-size=225 | model.image-size",
        "model.taps=[1,3,20,30] | taps",
        "model.mask-ratio=1.5 | model.mask-ratio",
        "model.mask-ratio=0 | model.mask-ratio",
        "model.method=mae2 | model.method",
        "train.batch-size=64 | has 9",
        "train.epochs=many | train.epochs",
        "train.epochs=0 | train.epochs",
        "train.epochz=3 | Did you mean train.epochs?",
        "engine.name=tpu | engine.name",
        "data.augment.scale=[2,1] | data.augment.scale",
        "evaluate.after=never | evaluate.after"
      })
  void aWrongSettingIsAnsweredWithItsKey(String setting, String expected) {
    Path run = shared.resolve("never-" + Math.abs(setting.hashCode()));
    int code =
        mim(
            "pretrain",
            "--data=" + dataset,
            "--output=" + run,
            "-Dtrain.batch-size=2",
            "-D" + setting.strip());
    assertThat(err.toString()).contains(expected).doesNotContain("\tat ");
    assertThat(code).isEqualTo(2);
    assertThat(run).doesNotExist();
  }

  @Test
  void dataWithoutACommitIsBadInput() throws IOException {
    Path half = Files.createDirectories(shared.resolve("half/shards")).getParent();
    assertThat(mim("pretrain", "--data=" + half, "--output=" + shared.resolve("no"))).isEqualTo(3);
    assertThat(err.toString()).contains("not a committed data set").doesNotContain("\tat ");
    assertThat(mim("pretrain", "--data=" + shared.resolve("x"), "--output=" + shared.resolve("no")))
        .isEqualTo(3);
    assertThat(shared.resolve("no")).doesNotExist();
  }

  @Test
  void anOutputThatIsSomethingElseIsLeftAlone() throws IOException {
    Path thesis = Files.createDirectories(shared.resolve("thesis"));
    Files.writeString(thesis.resolve("chapter1.tex"), "x");
    int code = mim("pretrain", "--data=" + dataset, "--output=" + thesis, "-Dtrain.batch-size=2");
    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("chapter1.tex");
    assertThat(thesis.toFile().list()).containsExactly("chapter1.tex");
  }

  @Test
  void missingAndUnknownOptionsAreNamed() {
    assertThat(mim("pretrain", "--data=" + dataset)).isEqualTo(2);
    assertThat(err.toString()).contains("--output");
    assertThat(mim("pretrain", "--dat", "x", "--output", "y")).isEqualTo(2);
    assertThat(err.toString()).contains("--data");
    Path run = shared.resolve("nowhere");
    int code =
        mim(
            "pretrain",
            "--data=" + dataset,
            "--output=" + run,
            "-Dtrain.batch-size=2",
            "--master=mesos://x");
    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("Cannot use master mesos://x");
    assertThat(run).doesNotExist();
  }

  @Test
  void aSampleThatRotsWhileTrainingIsNamed() throws IOException {
    Path rotten = TinyImages.dataset(Files.createDirectories(shared.resolve("rotten")), 8);
    byte[] zeros = new byte[Files.readAllBytes(shardOf(rotten)).length];
    Files.write(shardOf(rotten), zeros);
    int code =
        mim(
            "pretrain",
            "--data=" + rotten,
            "--output=" + shared.resolve("rotten-run"),
            "-Dmodel.arch=vit-tiny",
            "-Dmodel.image-size=32",
            "-Dmodel.patch-size=16",
            "-Dtrain.batch-size=2");
    assertThat(err.toString())
        .contains("Cannot read sample ")
        .contains("train-00000.tar")
        .contains("SHA-256 differs")
        .doesNotContain("\tat ");
    assertThat(code).isEqualTo(3);
  }

  @Test
  void inspectTellsASoundDatasetFromADamagedOne() throws IOException {
    Path copy = TinyImages.dataset(Files.createDirectories(shared.resolve("copy")), 4);
    Path sheet = shared.resolve("sheet.png");
    assertThat(mim("inspect", copy.toString(), "--contact-sheet=" + sheet)).isZero();
    assertThat(out.toString()).contains("is sound").contains("4 images").contains("class1");
    assertThat(sheet).isNotEmptyFile();

    Path shard = shardOf(copy);
    byte[] bytes = Files.readAllBytes(shard);
    bytes[700] ^= 1;
    Files.write(shard, bytes);
    assertThat(mim("inspect", copy.toString(), "--json", "--contact-sheet=" + sheet)).isEqualTo(3);
    assertThat(out.toString()).contains("\"sound\":false").contains("its hash differs");
  }

  private static Path shardOf(Path data) throws IOException {
    try (var shards = Files.list(data.resolve("shards"))) {
      return shards.filter(path -> path.toString().endsWith(".tar")).findFirst().orElseThrow();
    }
  }

  private int mim(String... arguments) {
    return Mim.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }
}
