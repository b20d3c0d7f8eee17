package org.sparkmim.job.plan;

import java.util.Locale;

/**
 * What a training asks of a cluster: one executor for each worker, with room for the worker beside
 * its Java heap, where the engine's tensors and the loader's batches are.
 *
 * @param executors one for each worker
 * @param heapMib Java heap of an executor
 * @param overheadMib beside the heap: a container that holds less is killed by its cluster
 */
public record SparkProperties(int executors, long heapMib, long overheadMib) {
  private static final long MIB = 1 << 20;

  /**
   * Spark keeps so much of a heap to itself; of the rest, blocks may have 60 %, and get less here.
   */
  private static final long RESERVED_MIB = 300;

  private static final double BLOCKS_SHARE = 0.5;

  private static final long LEAST_HEAP_MIB = 1024;

  /** Code, threads, network buffers and native libraries of an executor. */
  private static final long OUTSIDE_MIB = 700;

  /** Allocators keep what was freed, and pictures have no fixed size. */
  private static final double MARGIN = 1.15;

  /** Sizes are told in steps of this: nobody's cluster is counted in single megabytes. */
  private static final long STEP_MIB = 128;

  /** Executors for that plan. */
  public static SparkProperties of(WorkerPlan plan) {
    double blocks = plan.averagingBytes() / BLOCKS_SHARE / MIB;
    double tensors =
        (double)
                (plan.network().networkBytes() + plan.network().teacherBytes() + plan.loaderBytes())
            / MIB;
    return new SparkProperties(
        plan.workers(),
        Math.max(LEAST_HEAP_MIB, stepsUp(RESERVED_MIB + blocks)),
        stepsUp(OUTSIDE_MIB + MARGIN * tensors));
  }

  private static long stepsUp(double mib) {
    return (long) Math.ceil(mib / STEP_MIB) * STEP_MIB;
  }

  /** As lines of a Spark properties file. */
  public String text() {
    return String.format(
        Locale.ROOT,
        "spark.executor.instances %d%n"
            + "spark.executor.memory %dm%n"
            + "spark.executor.memoryOverhead %dm%n"
            + "spark.executor.extraJavaOptions -Dorg.bytedeco.javacpp.maxbytes=%dm"
            + " -Dorg.bytedeco.javacpp.maxphysicalbytes=0"
            + " -Dorg.deeplearning4j.crash.reporting.enabled=false%n",
        executors,
        heapMib,
        overheadMib,
        overheadMib);
  }
}
