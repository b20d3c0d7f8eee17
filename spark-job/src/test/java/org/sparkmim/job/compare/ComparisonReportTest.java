package org.sparkmim.job.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.MimException;
import org.sparkmim.job.evaluate.Score;

class ComparisonReportTest {
  private static final List<Contender> CONTENDERS = Contender.of(List.of("mae", "localmim"));

  @Test
  void rowsAreMeansOfSeedsAndTheClaimIsAnswered() {
    List<Outcome> runs = new ArrayList<>();
    for (long seed = 0; seed < 2; seed++) {
      runs.add(outcome("localmim", seed, 60_000, 0.44 + 0.02 * seed, 0.56));
      runs.add(outcome("mae", seed, 45_000, 0.40, 0.55));
      runs.add(outcome("localmim-third", seed, 20_000, 0.41, 0.54));
    }
    ComparisonReport report = ComparisonReport.of(3, 2, CONTENDERS, runs);

    assertThat(report.markdown())
        .contains("| localmim | 3.00 ± 0.00 | 60,000 | 333 | 33.0 ± 0.0 → 45.0 ± 1.4 |")
        .contains("| localmim-third | 3.00 ± 0.00 | 20,000 |")
        .contains("kNN: yes, 41.0 ± 0.0 after 3.00 minutes against 40.0 ± 0.0 after 3.00.")
        .contains("Linear probe: no, 54.0 ± 0.0 ")
        .contains("1,500 held-out images of 10 classes")
        .doesNotContain("teacher");
  }

  @Test
  void theTeachersMinutesAreToldAndOneSeedIsCalledOne() throws Exception {
    List<Contender> contenders = Contender.of(List.of("maskalign", "localmim"));
    List<Outcome> runs =
        List.of(
            outcome("localmim", 0, 60_000, 0.44, 0.56), outcome("maskalign", 0, 50_000, 0.45, 0.5));
    ComparisonReport report = ComparisonReport.of(3, 1, contenders, runs);

    assertThat(report.markdown())
        .contains("| maskalign | 3.00 | 50,000 | 278 | 33.0 → 45.0 | 46.0 → 50.0 |")
        .contains("its 3.00 minutes of training are not counted")
        .contains("One seed")
        .doesNotContain("in a third of the time");
    JsonNode json = new ObjectMapper().readTree(report.json());
    assertThat(json.at("/teacher_minutes_not_counted").asDouble()).isEqualTo(3);
    assertThat(json.at("/rows/1/knn_after/mean").asDouble()).isEqualTo(0.45);
    assertThat(json.at("/rows/1/runs/0/linear/before").asDouble()).isEqualTo(0.46);
  }

  @Test
  void aTeacherComesBeforeItsStudentAndMustBeThere() {
    assertThat(Contender.of(List.of("maskalign", "mae", "localmim")))
        .extracting(Contender::name)
        .containsExactly("localmim", "maskalign", "mae", "localmim-third");
    assertThatThrownBy(() -> Contender.of(List.of("mae", "maskalign")))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("Add localmim");
    assertThatThrownBy(() -> Contender.of(List.of("mae", "mae")))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("once");
  }

  @Test
  void aRateLeavesTheFirstRoundsOutAndATimeCountsCommits() {
    String metrics =
        "{\"samples\":100,\"seconds\":{\"round\":9.0,\"commit\":0.0}}\n"
            + "{\"samples\":100,\"seconds\":{\"round\":1.5,\"commit\":0.5}}\n"
            + "{\"samples\":100,\"seconds\":{\"round\":2.0,\"commit\":0.0}}\n";
    assertThat(TrainingTime.of(metrics, "m")).isEqualTo(new TrainingTime(300, 13));
    assertThat(TrainingTime.warm(metrics, 1, "m").imagesPerSecond()).isEqualTo(50);
    assertThat(TrainingTime.warm(metrics, 3, "m").images()).isEqualTo(300);
    assertThatThrownBy(() -> TrainingTime.of("{\"samples\":1}", "metrics.jsonl"))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("metrics.jsonl");
  }

  private static Outcome outcome(String name, long seed, long images, double knn, double linear) {
    Contender contender =
        Contender.of(List.of("localmim", "mae", "maskalign")).stream()
            .filter(one -> one.name().equals(name))
            .findFirst()
            .orElseThrow();
    return new Outcome(
        contender,
        seed,
        new TrainingTime(images, 180),
        List.of(score("knn", knn, 0.33), score("linear", linear, 0.46)));
  }

  private static Score score(String stage, double after, double before) {
    return new Score(
        stage,
        1,
        "mean",
        new TreeMap<>(),
        new Score.Data("train", "a", 9469),
        new Score.Data("test", "b", 1500),
        10,
        after,
        before,
        1);
  }
}
