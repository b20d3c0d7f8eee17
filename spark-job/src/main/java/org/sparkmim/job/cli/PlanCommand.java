package org.sparkmim.job.cli;

import java.io.PrintWriter;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.sparkmim.data.batch.LoaderSettings;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.job.MimException;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.device.EngineChoice;
import org.sparkmim.job.plan.Pace;
import org.sparkmim.job.plan.PaceProbe;
import org.sparkmim.job.plan.Room;
import org.sparkmim.job.plan.RunPlan;
import org.sparkmim.job.plan.SparkProperties;
import org.sparkmim.job.plan.WorkerPlan;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.MemoryPlan;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tells what a training will need, before it takes anything. */
@Command(
    name = "plan",
    description = {
      "Tells the memory, traffic, time and space that a recipe needs, and refuses what cannot work.",
      "Time comes from some steps on this machine, scaled to the cores of an executor; nothing is"
          + " asked of a cluster, and nothing is written."
    },
    mixinStandardHelpOptions = true)
final class PlanCommand implements Runnable {
  private static final double BITS = 8;
  private static final double GIGA = 1e9;

  /** What a process receives and decrypts, with AES in hardware; see doc/speed.md. */
  private static final double ENCRYPTED_BYTES_PER_SECOND = 0.7e9;

  @Mixin private RecipeOptions recipes;
  @Mixin private SparkOptions sparks;

  @Option(
      names = "--data",
      paramLabel = "DATASET",
      description = "Dataset made by mim ingest: for rounds, hours, and the time of loading.")
  private String data;

  @Option(
      names = "--output",
      paramLabel = "RUN",
      description = "Directory of the run, whose file system must have room for it.")
  private String output;

  @Option(
      names = "--link-gbit",
      paramLabel = "N",
      defaultValue = "10",
      description = "Network of an executor, in Gbit/s. Default: ${DEFAULT-VALUE}.")
  private double linkGigabits;

  @Option(
      names = "--timing",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Whether to time steps on this machine. Default: ${DEFAULT-VALUE}.")
  private boolean timing;

  @Option(names = "--json", description = "Print the plan as JSON.")
  private boolean json;

  @Option(
      names = "--spark",
      description = "Print the Spark properties of executors that the recipe fits into.")
  private boolean properties;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    if (!(linkGigabits > 0)) {
      throw MimException.usage("--link-gbit = " + linkGigabits + " must be above 0, as in 10.");
    }
    Recipe recipe = recipes.load();
    EngineChoice.noteTargets(recipe.section("engine"), spec.commandLine().getErr());
    TrainSettings train = TrainSettings.from(recipe.section("train"));
    PrintWriter out = spec.commandLine().getOut();
    if (properties) {
      out.print(SparkProperties.of(memory(recipe, train)).text());
    } else {
      RunPlan plan = plan(recipe, train);
      out.print(json ? plan.json() + System.lineSeparator() : plan.text());
      if (timing && !json && isElsewhere(recipe)) {
        out.println("\nNo time is foretold: the GPUs that train are the executors'.");
      }
    }
    out.flush();
  }

  private RunPlan plan(Recipe recipe, TrainSettings train) {
    SparkConf spark = new SparkConf();
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(spark);
    Optional<Dataset> dataset = Optional.ofNullable(data).map(uri -> Dataset.open(hadoop, uri));
    dataset.ifPresent(each -> train.requireFits(each.size(), each.uri()));
    WorkerPlan memory = memory(recipe, train);
    boolean cluster = !sparks.isEmbedded(recipe);
    if (!cluster) {
      Room.inMemory(memory);
    }
    Optional<Pace> pace =
        timing && !isElsewhere(recipe)
            ? Optional.of(pace(recipe, dataset, cluster, spark))
            : Optional.empty();
    RunPlan plan =
        new RunPlan(
            memory,
            train,
            cluster ? train.workers() : 1,
            dataset.map(each -> OptionalLong.of(each.size())).orElse(OptionalLong.empty()),
            pace);
    if (output != null) {
      Room.onDisk(plan, hadoop, output);
    }
    return plan;
  }

  /** Whether this machine says nothing about the pace of those that train. */
  private boolean isElsewhere(Recipe recipe) {
    return !sparks.isEmbedded(recipe) && EngineSpec.from(recipe.section("engine")).usesDevice();
  }

  /** Memory of a recipe's workers. */
  static WorkerPlan memory(Recipe recipe, TrainSettings train) {
    MemoryPlan network =
        MemoryPlan.of(
            ModelSpec.from(recipe.section("model")),
            EngineSpec.from(recipe.section("engine")),
            train.batch());
    return new WorkerPlan(
        network,
        train.workers(),
        train.averaging(),
        LoaderSettings.from(recipe.section("data")).queue());
  }

  private Pace pace(Recipe recipe, Optional<Dataset> dataset, boolean cluster, SparkConf spark) {
    double link = Math.min(linkGigabits * GIGA / BITS, ENCRYPTED_BYTES_PER_SECOND);
    Pace here = new PaceProbe(recipe).measure(dataset, link);
    return cluster ? here.on(spark.getInt("spark.executor.cores", here.cores())) : here;
  }
}
