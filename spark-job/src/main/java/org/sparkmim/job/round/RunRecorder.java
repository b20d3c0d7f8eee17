package org.sparkmim.job.round;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.apache.spark.SparkContext;
import org.sparkmim.job.JobName;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.MetricsLog;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.job.commit.RunDirectory;
import org.sparkmim.job.commit.StateFiles;

/** Writes down what rounds give: a line of metrics each, a checkpoint now and then. */
final class RunRecorder implements RoundListener, StopRequest.Work {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunDirectory run;
  private final StateFiles files;
  private final TrainSettings settings;
  private final long samples;
  private final MetricsLog metrics;
  private final ProgressLine progressLine;
  private final StopRequest stop;
  private final Consumer<Checkpoint> committed;
  private final SparkContext spark;
  private Progress kept;
  private Progress reached;
  private double commitSeconds;
  private long collectedBytes;
  private boolean started;

  /**
   * @param samples samples of an epoch
   * @param begin what is committed already
   * @param committed told of every checkpoint but the last
   */
  RunRecorder(
      SparkContext spark,
      RunDirectory run,
      StateFiles files,
      TrainSettings settings,
      long samples,
      Progress begin,
      MetricsLog metrics,
      ProgressLine progressLine,
      StopRequest stop,
      Consumer<Checkpoint> committed) {
    this.spark = spark;
    this.run = run;
    this.files = files;
    this.settings = settings;
    this.samples = samples;
    this.kept = begin;
    this.reached = begin;
    this.metrics = metrics;
    this.progressLine = progressLine;
    this.stop = stop;
    this.committed = committed;
  }

  @Override
  public void afterRound(RoundReport report, Supplier<Collected> state) {
    Progress progress = report.end();
    run.requireHeld();
    reached = progress;
    try {
      ObjectNode line = line(report);
      if (!started) {
        started = true;
        double seconds = StartUp.secondsUntil(report.firstStepMillis());
        line.put("seconds_to_first_step", seconds);
        progressLine.firstStep(seconds);
      }
      metrics.add(line);
      progressLine.show(report);
      commitIfDue(progress, state);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  @Override
  public void afterBadRound(BadRound round, Supplier<Collected> state) {
    reached = round.end();
    try {
      metrics.add(line(round));
      progressLine.say(round.text() + ". " + consequence());
      commitIfDue(round.end(), state);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private String consequence() {
    String from =
        settings.nonFinite().policy() == NonFinite.Policy.ROLLBACK
            ? "the newest checkpoint"
            : "the state before it";
    return "Going on from " + from + ", behind its samples.";
  }

  @Override
  public Optional<FlatState> committed() {
    return run.newest().checkpoint().map(newest -> newest.state(files));
  }

  private MimException unwritable(IOException e) {
    return MimException.failed(
        "Cannot write the metrics of " + run.path() + ": " + e.getMessage(), e);
  }

  private void commitIfDue(Progress progress, Supplier<Collected> state) throws IOException {
    boolean last = settings.isDone(progress, samples);
    boolean due = progress.round() % settings.everyRounds() == 0;
    if (last || due || stop.isAsked()) {
      commit(progress, state, last);
    }
  }

  private void commit(Progress progress, Supplier<Collected> state, boolean last)
      throws IOException {
    // Metrics first: a checkpoint whose rounds have no metrics would leave a hole for ever.
    metrics.flush();
    long begin = System.nanoTime();
    Collected collected = state.get();
    collectedBytes = collected.remoteBytes();
    Checkpoint checkpoint = run.commit(files, collected.state(), progress, settings.keep());
    commitSeconds = (System.nanoTime() - begin) / 1e9;
    kept = progress;
    JobName.mark(spark, "commit of round " + progress.round() + " · step " + progress.step());
    if (last) {
      return;
    }
    if (stop.isAsked()) {
      throw stopped("Stopped after the commit of " + checkpoint.directory() + ".");
    }
    follow(checkpoint);
  }

  private void follow(Checkpoint checkpoint) {
    try {
      committed.accept(checkpoint);
    } catch (Exception e) {
      if (stop.isOverdue()) {
        throw stopped("Stopped in what follows the commit of " + checkpoint.directory() + ".");
      }
      throw e;
    }
  }

  /** A round that a stop cut short is dropped, and the one before it is committed. */
  @Override
  public void afterFailure(Progress progress, Supplier<Collected> state) {
    if (!stop.isOverdue()) {
      return;
    }
    progressLine.end();
    if (progress.equals(kept)) {
      throw stopped(
          "Stopped in round "
              + (progress.round() + 1)
              + ", which is dropped; all before it is kept.");
    }
    try {
      commit(progress, state, false);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  @Override
  public void cutShort() {
    spark.cancelAllJobs();
  }

  @Override
  public String lost() {
    return "Lost are the "
        + (reached.round() - kept.round())
        + " rounds since the last commit, of round "
        + kept.round()
        + ", and the one that ran. The same command continues from there.";
  }

  private MimException stopped(String where) {
    progressLine.end();
    return MimException.interrupted(where + " The same command continues from there.");
  }

  /**
   * Times are seconds. {@code commit}, with the bytes that it brought to the driver, is the commit
   * before this round, if it had one.
   */
  private ObjectNode line(RoundReport report) {
    ObjectNode line = line(report.start(), report.end(), report.samples());
    line.put("loss", report.loss());
    ArrayNode taps = line.putArray("losses");
    for (double loss : report.losses()) {
      taps.add(loss);
    }
    line.put("lr", report.rate());
    line.put("images_per_second", report.imagesPerSecond());
    ObjectNode seconds = line.putObject("seconds");
    seconds.put("round", report.seconds());
    seconds.put("data", mean(report, RoundReport.Worker::dataSeconds));
    seconds.put("compute", mean(report, RoundReport.Worker::computeSeconds));
    seconds.put("broadcast", report.cost().handOutSeconds());
    seconds.put("average", report.averageSeconds());
    seconds.put("commit", commitSeconds);
    commitSeconds = 0;
    ObjectNode workers = line.putObject("workers").put("count", report.workers().size());
    spread(workers, "seconds", report, RoundReport.Worker::seconds);
    spread(workers, "loss", report, RoundReport.Worker::loss);
    var distances = Arrays.stream(report.distances()).summaryStatistics();
    workers.putArray("distance").add(distances.getMin()).add(distances.getMax());
    line.putObject("bytes")
        .put("workers_to_averaging", report.cost().workersToAveragersBytes())
        .put("averaging_to_averaging", report.cost().averagersToAveragersBytes())
        .put("averaging_to_workers", report.cost().averagersToWorkersBytes())
        .put("averaging_to_driver", collectedBytes)
        .put("driver_to_workers", report.cost().driverSentBytes());
    collectedBytes = 0;
    return line;
  }

  /** Of a round of which nothing is kept: its losses count nowhere. */
  private ObjectNode line(BadRound round) {
    ObjectNode line = line(round.start(), round.end(), round.samples());
    line.putObject("seconds").put("round", round.seconds()).put("commit", commitSeconds);
    commitSeconds = 0;
    ObjectNode skipped = line.putObject("skipped");
    skipped.put("policy", settings.nonFinite().policy().key());
    ArrayNode faults = skipped.putArray("faults");
    for (BadRound.Named named : round.faults()) {
      Fault fault = named.fault();
      ObjectNode node = faults.addObject();
      node.put("worker", fault.worker()).put("step", fault.step().step());
      if (fault.tap() != Fault.STATE) {
        node.put("tap", fault.tap());
      }
      node.put("what", fault.what());
      ArrayNode ids = node.putArray("samples");
      named.samples().forEach(ids::add);
    }
    return line;
  }

  /** {@code order} is the window of the epoch's order that the round consumed, its end excluded. */
  private ObjectNode line(Progress start, Progress end, long consumed) {
    ObjectNode line = JSON.createObjectNode();
    line.put("round", end.round()).put("step", end.step());
    line.put("epoch", end.epoch() + end.position() / (double) samples);
    line.put("samples", consumed);
    line.putObject("order")
        .put("epoch", start.epoch())
        .put("from", start.position())
        .put("to", start.position() + consumed);
    return line;
  }

  private static double mean(RoundReport report, ToDoubleFunction<RoundReport.Worker> value) {
    return report.workers().stream().mapToDouble(value).average().orElse(0);
  }

  private static void spread(
      ObjectNode node,
      String name,
      RoundReport report,
      ToDoubleFunction<RoundReport.Worker> value) {
    var summary = report.workers().stream().mapToDouble(value).summaryStatistics();
    node.putArray(name).add(summary.getMin()).add(summary.getMax());
  }
}
