package org.sparkmim.job.plan;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.sparkmim.job.round.AveragingRule;
import org.sparkmim.model.MemoryPlan;

/**
 * The memory of one worker, and of the processes that workers run in.
 *
 * <p>Blocks of averaging are on the Java heap, as Spark's storage memory. What does not fit goes to
 * disk.
 *
 * @param workers W
 * @param queue minibatches prepared ahead
 */
public record WorkerPlan(MemoryPlan network, int workers, AveragingRule averaging, int queue) {
  /** A JVM with Spark, its code and the native libraries, before any of a worker's memory. */
  private static final long BASE_BYTES = 450L << 20;

  /** Minibatches ahead of the engine. */
  public long loaderBytes() {
    return queue * network.minibatchBytes();
  }

  /** Blocks that the executor of a worker holds while states are averaged. */
  public long averagingBytes() {
    return heldBytes(1);
  }

  private long heldBytes(int together) {
    return Math.round(network.parameters() * averaging.heldBytes(together, workers));
  }

  /** An executor of a cluster, with one worker. */
  public long executorBytes() {
    return BASE_BYTES + workerBytes() + averagingBytes();
  }

  /** One process with all workers and the driver, which keeps a DL4J graph of the model. */
  public long embeddedBytes() {
    long graph = network.stateBytes() + network.gradientBytes();
    return BASE_BYTES + workers * workerBytes() + heldBytes(workers) + graph;
  }

  private long workerBytes() {
    return network.networkBytes() + network.teacherBytes() + loaderBytes();
  }

  private Map<String, Long> parts() {
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put("parameters", network.parameterBytes());
    parts.put("gradients", network.gradientBytes());
    parts.put("optimizer state", network.optimizerBytes());
    parts.put("activations", network.engineBytes());
    if (network.teacherBytes() > 0) {
      parts.put("teacher", network.teacherBytes());
    }
    parts.put("loader queue", loaderBytes());
    parts.put("averaging", averagingBytes());
    parts.put("java and libraries", BASE_BYTES);
    return parts;
  }

  /** For people. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%,d parameters, %d images a step and worker, %d workers%n%n%-30s %10s%n",
            network.parameters(),
            network.batch(),
            workers,
            "memory of a worker",
            "MiB"));
    parts().forEach((name, bytes) -> text.append(line(name, bytes)));
    if (network.deviceBytes() > 0) {
      text.append(line("GPU of a worker", network.deviceBytes()));
    }
    text.append(line("executor, one worker", executorBytes()));
    text.append(line("embedded, " + workers + " workers", embeddedBytes()));
    return text.toString();
  }

  private static String line(String name, long bytes) {
    return String.format(Locale.ROOT, "%-30s %,10d%n", name, bytes >> 20);
  }

  /** Adds itself to a JSON object; sizes in bytes. */
  void addTo(ObjectNode node) {
    node.put("parameters", network.parameters())
        .put("batch", network.batch())
        .put("workers", workers);
    ObjectNode memory = node.putObject("worker_bytes");
    parts().forEach((name, bytes) -> memory.put(name.replace(' ', '_'), bytes));
    node.put("device_bytes", network.deviceBytes());
    node.put("executor_bytes", executorBytes()).put("embedded_bytes", embeddedBytes());
  }
}
