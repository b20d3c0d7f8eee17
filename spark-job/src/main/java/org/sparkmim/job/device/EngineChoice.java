package org.sparkmim.job.device;

import com.typesafe.config.Config;
import java.io.PrintWriter;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.sparkmim.job.JobName;
import org.sparkmim.job.MimException;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.cuda.CudaEngine;
import org.sparkmim.model.engine.nd4j.Nd4jEngine;

/**
 * What {@code engine.name = auto} stands for: on GPUs that Spark gives to tasks the first engine
 * that can use them, else {@code onednn}. All workers get the same, so that a task's result does
 * not depend on where it runs.
 */
public final class EngineChoice {
  private static final String HOST = "onednn";

  /**
   * An engine for GPUs.
   *
   * @param requireGpu names the GPU with that number, or refuses it with the reason
   */
  record Candidate(String engine, Set<Precision> precisions, IntFunction<String> requireGpu) {}

  private static final List<Candidate> CANDIDATES =
      List.of(
          new Candidate("cuda", Set.of(Precision.values()), CudaEngine::requireGpu),
          new Candidate("nd4j", Set.of(Precision.F32), Nd4jEngine::requireGpu));

  /** What a task can use, and why. */
  record Answer(String engine, String why) implements Serializable {}

  private EngineChoice() {}

  /**
   * The engine of a recipe on that cluster; says which, where the recipe leaves it open.
   *
   * @param engine section {@code mim.engine}
   * @param workers tasks that train at the same time
   * @throws MimException (usage) if tasks would need different ones, or a GPU that Spark does not
   *     give them
   */
  public static EngineSpec of(Config engine, JavaSparkContext spark, int workers, PrintWriter out) {
    EngineSpec spec = EngineSpec.from(engine);
    TaskDevice.check(spec, spark.getConf());
    if (!engine.getString("name").equals(EngineSpec.AUTO)) {
      return spec;
    }
    Answer answer =
        TaskDevice.areAssigned(spark.getConf())
            ? common(ask(spark, workers, spec.precision()))
            : new Answer(HOST, "Spark gives tasks no GPU");
    out.println("Engine:  " + answer.engine() + " (auto: " + answer.why() + ")");
    out.flush();
    return EngineSpec.from(engine, answer.engine());
  }

  /**
   * Says so where a command that asks no task what {@code auto} stands for leaves HOG targets to
   * loaders, against the recipe.
   */
  public static void noteTargets(Config engine, PrintWriter notes) {
    if (engine.getString("name").equals(EngineSpec.AUTO)
        && engine.getString("targets").equals("device")) {
      notes.println(
          "engine.name = auto is "
              + HOST
              + " in this command, so loaders make the targets in spite of engine.targets = device."
              + " To see what a GPU does, set engine.name = cuda.");
      notes.flush();
    }
  }

  private static List<Answer> ask(JavaSparkContext spark, int workers, Precision precision) {
    List<Integer> tasks = IntStream.range(0, workers).boxed().toList();
    try (JobName named = JobName.open(spark.sc(), "choose the engine")) {
      return spark
          .parallelize(tasks, workers)
          .map(task -> answer(CANDIDATES, precision, device()))
          .collect();
    }
  }

  private static int device() {
    return TaskDevice.assigned(TaskContext.get()).orElseThrow();
  }

  /** The first candidate that can use a GPU. */
  static Answer answer(List<Candidate> candidates, Precision precision, int gpu) {
    List<String> reasons = new ArrayList<>();
    for (Candidate candidate : candidates) {
      if (!candidate.precisions().contains(precision)) {
        reasons.add(candidate.engine() + " does not know engine.precision = bf16");
        continue;
      }
      try {
        return new Answer(candidate.engine(), candidate.requireGpu().apply(gpu));
      } catch (ModelException refused) {
        reasons.add(refused.getMessage());
      }
    }
    return new Answer(HOST, "no engine can use the GPU: " + String.join(" ", reasons));
  }

  /** The one answer of all tasks. */
  static Answer common(List<Answer> answers) {
    Set<String> engines = new TreeSet<>(answers.stream().map(Answer::engine).toList());
    if (engines.size() > 1) {
      throw MimException.usage(
          "The executors' GPUs need different engines: "
              + String.join(
                  "; ",
                  new TreeSet<>(answers.stream().map(a -> a.engine() + ": " + a.why()).toList()))
              + ". Set engine.name to one that all can use, or give the job executors of one kind.");
    }
    return answers.get(0);
  }
}
