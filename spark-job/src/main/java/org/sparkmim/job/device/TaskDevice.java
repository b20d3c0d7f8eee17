package org.sparkmim.job.device;

import java.util.Arrays;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.util.TaskCompletionListener;
import org.sparkmim.job.MimException;
import org.sparkmim.model.engine.EngineSpec;

/** The GPU that the running Spark task has. */
public final class TaskDevice {
  private static final String RESOURCE = "gpu";
  private static final DeviceClaims CLAIMS = new DeviceClaims();

  private TaskDevice() {}

  /**
   * An engine on the running task's device, which no other task of this process uses until this one
   * ends. Engines that use no device, and code outside of tasks, get what they ask for.
   *
   * @throws MimException (usage) if Spark gave the task no device, or several
   */
  public static EngineSpec of(EngineSpec engine) {
    TaskContext task = TaskContext.get();
    if (!engine.usesDevice() || task == null) {
      return engine;
    }
    int device = device(engine, task);
    claim(device, task);
    return engine.onDevice(device);
  }

  /** Whether tasks of that Spark have GPUs. */
  static boolean areAssigned(SparkConf conf) {
    return amount(conf) > 0;
  }

  private static double amount(SparkConf conf) {
    return conf.getDouble("spark.task.resource." + RESOURCE + ".amount", 0);
  }

  /**
   * Refuses what could not work, before any task tries.
   *
   * @throws MimException (usage) if tasks would share a GPU, or have none
   */
  public static void check(EngineSpec engine, SparkConf conf) {
    double amount = amount(conf);
    if (amount != 0 && amount != 1) {
      throw MimException.usage(
          "spark.task.resource.gpu.amount = "
              + amount
              + ": allowed are 0 and 1, for a task trains on one GPU, which it shares with nobody.");
    }
    if (engine.usesDevice() && amount == 0 && !isEmbedded(conf)) {
      throw withoutGpu(engine);
    }
  }

  private static boolean isEmbedded(SparkConf conf) {
    return conf.get("spark.master", "").startsWith("local[");
  }

  private static MimException withoutGpu(EngineSpec engine) {
    return MimException.usage(
        "engine.name = "
            + engine.name()
            + " computes on a GPU, and Spark gives tasks none. Set MIM_EXECUTOR_GPUS=1 for"
            + " submit-scripts/mim (or spark.executor.resource.gpu.amount and"
            + " spark.task.resource.gpu.amount to 1), or choose engine.name = onednn.");
  }

  /**
   * CUDA's number of the GPU that Spark gave a task, if it did.
   *
   * @throws MimException (usage) if it gave several, or one that the process cannot see
   */
  static OptionalInt assigned(TaskContext task) {
    ResourceInformation assigned = task.resourcesJMap().get(RESOURCE);
    if (assigned == null) {
      return OptionalInt.empty();
    }
    String[] addresses = assigned.addresses();
    if (addresses.length != 1) {
      throw MimException.usage(
          "Spark assigned the GPUs "
              + Arrays.toString(addresses)
              + " to one task: an engine uses one. Set spark.task.resource.gpu.amount to 1.");
    }
    return OptionalInt.of(
        VisibleDevices.of(System.getenv("CUDA_VISIBLE_DEVICES")).ordinalOf(addresses[0]));
  }

  private static int device(EngineSpec engine, TaskContext task) {
    OptionalInt assigned = assigned(task);
    if (assigned.isEmpty()) {
      if (isEmbedded(SparkEnv.get().conf())) {
        return engine.device();
      }
      throw withoutGpu(engine);
    }
    return assigned.getAsInt();
  }

  private static void claim(int device, TaskContext task) {
    long id = task.taskAttemptId();
    try {
      if (CLAIMS.claim(device, id)) {
        task.addTaskCompletionListener((TaskCompletionListener) done -> CLAIMS.release(device, id));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw MimException.failed("The task was stopped while it waited for GPU " + device + ".", e);
    }
  }
}
