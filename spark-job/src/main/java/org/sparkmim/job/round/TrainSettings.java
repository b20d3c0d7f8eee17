package org.sparkmim.job.round;

import com.typesafe.config.Config;
import java.util.List;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.Schedule;

/**
 * The section {@code mim.train}.
 *
 * @param workers replicas that train at the same time
 * @param batch images per worker and step
 * @param localSteps steps between two averagings, H
 * @param epochs passes over the dataset; the last may be a part of one
 * @param schedule whose learning rates
 * @param warmupStartFactor first rate over the peak; for {@link Curve#MMENGINE}
 * @param peakRate learning rate at the end of the warm-up: base-lr * batch * workers / 256
 * @param everyRounds rounds between commits
 * @param keep checkpoints that stay
 * @param nonFinite what becomes of a round with NaN or infinity
 * @param averaging how workers' states become one
 */
public record TrainSettings(
    int workers,
    int batch,
    int localSteps,
    double epochs,
    double warmupEpochs,
    Curve schedule,
    double warmupStartFactor,
    double peakRate,
    double minRate,
    Optimizer optimizer,
    long seed,
    int everyRounds,
    int keep,
    NonFinite nonFinite,
    AveragingRule averaging) {
  private static final double RATE_BATCH = 256;

  /** Whose learning-rate schedule is followed. */
  public enum Curve {
    /** MAE's, MaskAlign's and LocalMIM's. */
    COSINE,
    /** mmpretrain's, and so MFF's. */
    MMENGINE
  }

  /** Reads and checks the section; keys in messages are those of the recipe. */
  public static TrainSettings from(Config train) {
    int workers = positive(train, "workers");
    int batch = positive(train, "batch-size");
    double epochs = notNegative(train, "epochs");
    require(epochs > 0, "train.epochs must be larger than 0");
    double warmup = notNegative(train, "warmup-epochs");
    require(
        warmup < epochs,
        "train.warmup-epochs = "
            + warmup
            + " must be smaller than train.epochs = "
            + epochs
            + "; set both");
    double base = notNegative(train, "base-lr");
    require(base > 0, "train.base-lr must be larger than 0");
    return new TrainSettings(
        workers,
        batch,
        positive(train, "local-steps"),
        epochs,
        warmup,
        curve(train),
        startFactor(train),
        base * batch * workers / RATE_BATCH,
        notNegative(train, "min-lr"),
        optimizer(train),
        train.getLong("seed"),
        positive(train, "checkpoint.every-rounds"),
        positive(train, "checkpoint.keep"),
        NonFinite.from(train),
        AveragingRule.from(train));
  }

  /**
   * Refuses data that is too small for one step.
   *
   * @param samples samples in {@code dataset}
   */
  public void requireFits(long samples, String dataset) {
    require(
        samples >= (long) workers * batch,
        "train.batch-size = "
            + batch
            + " on train.workers = "
            + workers
            + " takes "
            + (long) workers * batch
            + " images a step, and "
            + dataset
            + " has "
            + samples
            + "; lower train.batch-size to at most "
            + Math.max(1, samples / workers));
  }

  /** Samples that a run takes of a dataset of {@code samples}. */
  private long length(long samples) {
    return Math.max(1, Math.round(epochs * samples));
  }

  /** Whether nothing is left to train on a dataset of {@code samples}. */
  boolean isDone(Progress progress, long samples) {
    return progress.epoch() * samples + progress.position() >= length(samples);
  }

  /** How the samples of an epoch are dealt out; of the last, perhaps only the first ones. */
  EpochPlan plan(int epoch, long samples) {
    return new EpochPlan(Math.min(samples, length(samples) - epoch * samples), workers, batch);
  }

  /** Learning rate at a position of an epoch of {@code samples}; the same for any workers. */
  double rate(int epoch, long position, long samples) {
    return switch (schedule) {
      // Counting samples for steps makes the fractional epoch independent of how steps are cut.
      case COSINE ->
          new Schedule.Cosine(peakRate, minRate, warmupEpochs, epochs, samples)
              .rate(epoch * samples + position);
      // Here the last step of the warm-up is a thing of its own, and steps must be counted.
      case MMENGINE -> {
        long step = (long) workers * batch;
        long steps = (samples + step - 1) / step;
        yield new Schedule.Mmengine(
                peakRate, minRate, warmupStartFactor, warmupEpochs, epochs, steps)
            .rate(epoch * steps + position / step);
      }
    };
  }

  private static Curve curve(Config train) {
    String name = train.getString("schedule");
    return switch (name) {
      case "cosine" -> Curve.COSINE;
      case "mmengine" -> Curve.MMENGINE;
      default ->
          throw MimException.usage(
              "train.schedule = " + name + " is not known; allowed are cosine, mmengine.");
    };
  }

  private static double startFactor(Config train) {
    double factor = train.getDouble("warmup-start-factor");
    require(
        factor > 0 && factor <= 1,
        "train.warmup-start-factor = " + factor + " must be above 0 and at most 1, as in 1e-4");
    return factor;
  }

  private static Optimizer optimizer(Config train) {
    String name = train.getString("optimizer");
    return switch (name) {
      case "sgd" -> new Optimizer.Sgd();
      case "adamw" -> adamW(train);
      default ->
          throw MimException.usage(
              "train.optimizer = " + name + " is not known; allowed are adamw, sgd.");
    };
  }

  private static Optimizer adamW(Config train) {
    List<Double> betas = train.getDoubleList("betas");
    require(
        betas.size() == 2 && betas.stream().allMatch(beta -> beta >= 0 && beta < 1),
        "train.betas = " + betas + " must be two numbers from 0 to below 1");
    double eps = notNegative(train, "eps");
    require(eps > 0, "train.eps must be larger than 0");
    return new Optimizer.AdamW(betas.get(0), betas.get(1), eps, notNegative(train, "weight-decay"));
  }

  private static int positive(Config train, String key) {
    int value = train.getInt(key);
    require(value >= 1, "train." + key + " = " + value + " must be at least 1");
    return value;
  }

  private static double notNegative(Config train, String key) {
    double value = train.getDouble(key);
    require(
        value >= 0 && value < Double.POSITIVE_INFINITY,
        "train." + key + " = " + value + " must be 0 or larger");
    return value;
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw MimException.usage(message + ".");
    }
  }
}
