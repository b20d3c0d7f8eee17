package org.sparkmim.job.plan;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.sparkmim.job.round.TrainSettings;

/**
 * What a training will need: memory, traffic, time and space.
 *
 * @param samples of the dataset, where it is known
 * @param pace of the processes, where it was measured
 */
public record RunPlan(
    WorkerPlan memory,
    TrainSettings train,
    int processes,
    OptionalLong samples,
    Optional<Pace> pace) {
  private static final double HOUR = 3600;

  private Traffic traffic() {
    long exchanged = Math.round(parameters() * train.averaging().exchangedBytes());
    return new Traffic(exchanged, storedBytes(), processes);
  }

  private long parameters() {
    return memory.network().parameters();
  }

  private long storedBytes() {
    return parameters() * train.averaging().storedBytes();
  }

  private DiskPlan disk() {
    return new DiskPlan(train, storedBytes());
  }

  private Optional<TimePlan> time() {
    return pace.map(each -> new TimePlan(train, traffic(), each));
  }

  private long rounds() {
    return TimePlan.rounds(train, samples.orElse(0));
  }

  /** Space that a run takes at most, in bytes. */
  public long diskBytes() {
    return disk().peakBytes(rounds());
  }

  /** For people. */
  public String text() {
    StringBuilder text = new StringBuilder(memory.text());
    Traffic traffic = traffic();
    section(text, "traffic", "MiB");
    line(text, "worker to averagers, a round", traffic.workerToAveragers() >> 20);
    line(text, "averagers to worker, a round", traffic.averagersToWorker() >> 20);
    line(text, "to the driver, a commit", traffic.commitToDriver() >> 20);
    section(text, "disk of the run", "MiB");
    line(text, "between commits", disk().restingBytes(rounds()) >> 20);
    line(text, "while one is written", diskBytes() >> 20);
    time().ifPresent(time -> times(text, time));
    return text.toString();
  }

  private void times(StringBuilder text, TimePlan time) {
    section(text, "time", "seconds");
    row(text, "steps of a round", "%,10.2f", time.trainingSeconds());
    row(text, "averaging", "%,10.2f", time.averagingSeconds());
    row(text, "a round", "%,10.2f", time.roundSeconds());
    row(text, "a commit", "%,10.2f", time.commitSeconds());
    samples.ifPresent(
        size ->
            text.append(
                String.format(
                    Locale.ROOT,
                    "%n%,d images, %s epochs: %,d rounds, %,d commits, %s of training at %,.0f"
                        + " images/s%n",
                    size,
                    number(train.epochs()),
                    rounds(),
                    time.commits(size),
                    duration(time.totalSeconds(size)),
                    train.epochs() * size / time.totalSeconds(size))));
  }

  private static void section(StringBuilder text, String name, String unit) {
    text.append(String.format(Locale.ROOT, "%n%-30s %10s%n", name, unit));
  }

  private static void line(StringBuilder text, String name, long value) {
    row(text, name, "%,10d", value);
  }

  private static void row(StringBuilder text, String name, String pattern, Object value) {
    text.append(String.format(Locale.ROOT, "%-30s " + pattern + "%n", name, value));
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  private static String duration(double seconds) {
    return seconds < HOUR
        ? String.format(Locale.ROOT, "%.1f minutes", seconds / 60)
        : String.format(Locale.ROOT, "%,.1f hours", seconds / HOUR);
  }

  /** For machines; sizes in bytes, times in seconds. */
  public String json() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    memory.addTo(node);
    Traffic traffic = traffic();
    node.putObject("traffic_bytes")
        .put("worker_to_averagers_a_round", traffic.workerToAveragers())
        .put("averagers_to_worker_a_round", traffic.averagersToWorker())
        .put("to_driver_a_commit", traffic.commitToDriver());
    node.putObject("disk_bytes")
        .put("between_commits", disk().restingBytes(rounds()))
        .put("while_committing", diskBytes());
    time()
        .ifPresent(
            time -> {
              ObjectNode seconds = node.putObject("seconds");
              seconds
                  .put("training_a_round", time.trainingSeconds())
                  .put("averaging_a_round", time.averagingSeconds())
                  .put("round", time.roundSeconds())
                  .put("commit", time.commitSeconds());
              samples.ifPresent(size -> seconds.put("total", time.totalSeconds(size)));
            });
    samples.ifPresent(size -> node.put("samples", size).put("rounds", rounds()));
    return node.toString();
  }
}
