package org.sparkmim.job.device;

import java.util.Arrays;
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

  private static int device(EngineSpec engine, TaskContext task) {
    ResourceInformation assigned = task.resourcesJMap().get(RESOURCE);
    if (assigned == null) {
      if (SparkEnv.get().conf().get("spark.master", "").startsWith("local[")) {
        return engine.device();
      }
      throw MimException.usage(
          "engine.name = "
              + engine.name()
              + " computes on a GPU, and Spark assigned none to the task. Set MIM_EXECUTOR_GPUS=1 for"
              + " submit-scripts/mim (or spark.executor.resource.gpu.amount and"
              + " spark.task.resource.gpu.amount to 1), or choose engine.name = onednn.");
    }
    String[] addresses = assigned.addresses();
    if (addresses.length != 1) {
      throw MimException.usage(
          "Spark assigned the GPUs "
              + Arrays.toString(addresses)
              + " to one task: an engine uses one. Set spark.task.resource.gpu.amount to 1.");
    }
    return VisibleDevices.of(System.getenv("CUDA_VISIBLE_DEVICES")).ordinalOf(addresses[0]);
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
