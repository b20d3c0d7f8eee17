package org.sparkmim.job.chaos;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.job.Phase;
import org.sparkmim.job.cli.PretrainJob;
import org.sparkmim.job.cli.SparkSessions;
import org.sparkmim.job.commit.RunDirectory;
import org.sparkmim.job.config.Recipe;

/**
 * {@code mim pretrain} with an {@link Assassin} as its observer. Arguments: dataset, held-out
 * dataset, run, the assassin's folder, the local cluster's state, and a phase and a victim or
 * nothing.
 */
public final class ChaosDriver {
  /** 21 images, 8 a step, 2 steps a round: two rounds an epoch, each committed. */
  private static final Map<String, String> RECIPE =
      Map.ofEntries(
          Map.entry("model.arch", "custom"),
          Map.entry("model.image-size", "32"),
          Map.entry("model.patch-size", "8"),
          Map.entry("model.width", "16"),
          Map.entry("model.depth", "4"),
          Map.entry("model.heads", "2"),
          Map.entry("model.decoder.width", "16"),
          Map.entry("model.decoder.heads", "2"),
          Map.entry("model.taps", "[0, 1, 2, 3]"),
          Map.entry("engine.name", "onednn"),
          Map.entry("engine.precision", "f32"),
          Map.entry("train.workers", "2"),
          Map.entry("train.batch-size", "4"),
          Map.entry("train.local-steps", "2"),
          Map.entry("train.epochs", "3"),
          Map.entry("train.warmup-epochs", "1"),
          Map.entry("train.checkpoint.every-rounds", "1"),
          Map.entry("train.checkpoint.keep", "1"),
          Map.entry("evaluate.after", "last"),
          Map.entry("evaluate.stages", "[knn]"));

  private ChaosDriver() {}

  /** Trains to the end, evaluates and reports. */
  public static void main(String[] arguments) {
    String data = arguments[0];
    String run = arguments[2];
    boolean kills = arguments.length > 5;
    Assassin assassin =
        new Assassin(
            arguments[3],
            run,
            arguments[4],
            kills ? Phase.valueOf(arguments[5]) : null,
            kills ? Victim.valueOf(arguments[6]) : null,
            ProcessHandle.current().pid());
    Map<String, String> settings = new TreeMap<>(RECIPE);
    if (kills && Phase.valueOf(arguments[5]) != Phase.EVALUATION) {
      settings.put("evaluate.after", "none");
    }
    settings.put("evaluate.test", arguments[1]);
    PretrainJob job =
        PretrainJob.prepare(
            Recipe.load(Optional.empty(), settings), new Configuration(), data, run);
    SparkSession session = SparkSessions.open("chaos", Optional.empty(), job.workers());
    try (RunDirectory directory = job.open(assassin)) {
      job.run(
          session,
          directory,
          new PrintWriter(System.out, true, StandardCharsets.UTF_8),
          false,
          assassin);
    } finally {
      session.stop();
    }
  }
}
