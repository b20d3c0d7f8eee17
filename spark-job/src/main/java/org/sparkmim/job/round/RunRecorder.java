package org.sparkmim.job.round;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.MetricsLog;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.job.commit.RunDirectory;
import org.sparkmim.job.commit.StateFiles;

/** Writes down what rounds give: a line of metrics each, a checkpoint now and then. */
final class RunRecorder implements RoundListener {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunDirectory run;
  private final StateFiles files;
  private final TrainSettings settings;
  private final long samples;
  private final MetricsLog metrics;
  private final ProgressLine progressLine;
  private final StopRequest stop;
  private final Consumer<Checkpoint> committed;
  private double commitSeconds;
  private long collectedBytes;
  private boolean started;

  /**
   * @param samples samples of an epoch
   * @param committed told of every checkpoint but the last
   */
  RunRecorder(
      RunDirectory run,
      StateFiles files,
      TrainSettings settings,
      long samples,
      MetricsLog metrics,
      ProgressLine progressLine,
      StopRequest stop,
      Consumer<Checkpoint> committed) {
    this.run = run;
    this.files = files;
    this.settings = settings;
    this.samples = samples;
    this.metrics = metrics;
    this.progressLine = progressLine;
    this.stop = stop;
    this.committed = committed;
  }

  @Override
  public void afterRound(RoundReport report, Supplier<Collected> state) {
    Progress progress = report.end();
    run.requireHeld();
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
      boolean last = settings.isDone(progress, samples);
      boolean due = progress.round() % settings.everyRounds() == 0;
      if (last || due || stop.isAsked()) {
        commit(progress, state, last);
      }
    } catch (IOException e) {
      throw MimException.failed(
          "Cannot write the metrics of " + run.path() + ": " + e.getMessage(), e);
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
    if (last) {
      return;
    }
    if (stop.isAsked()) {
      progressLine.end();
      throw MimException.interrupted(
          "Stopped after the commit of "
              + checkpoint.directory()
              + ". The same command continues from there.");
    }
    committed.accept(checkpoint);
  }

  /**
   * Times are seconds. {@code commit}, with the bytes that it brought to the driver, is the commit
   * before this round, if it had one.
   */
  private ObjectNode line(RoundReport report) {
    Progress end = report.end();
    ObjectNode line = JSON.createObjectNode();
    line.put("round", end.round()).put("step", end.step());
    line.put("epoch", end.epoch() + end.position() / (double) samples);
    line.put("samples", report.samples());
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
    line.putObject("bytes")
        .put("workers_to_averaging", report.cost().workersToAveragersBytes())
        .put("averaging_to_workers", report.cost().averagersToWorkersBytes())
        .put("averaging_to_driver", collectedBytes)
        .put("driver_to_workers", report.cost().driverSentBytes());
    collectedBytes = 0;
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
