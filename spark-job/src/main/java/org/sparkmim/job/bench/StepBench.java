package org.sparkmim.job.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.optim.Optimizer;

/**
 * Training steps on random pictures, targets given or made by the engine: copy in, forward,
 * decoders, backward, AdamW. Arithmetic does not depend on the numbers, so random ones do.
 */
public final class StepBench {
  private static final Optimizer ADAMW = Optimizer.AdamW.published();
  private static final double RATE = 1e-4;

  private final ModelSpec spec;
  private final EngineSpec engine;
  private final int batch;

  /**
   * @param batch images in a minibatch
   */
  public StepBench(ModelSpec spec, EngineSpec engine, int batch) {
    this.spec = spec;
    this.engine = engine;
    this.batch = batch;
  }

  /** Trains {@code warmUp} steps that do not count and {@code steps} that do. */
  public StepRates run(int warmUp, int steps) {
    try (Network network = Network.create(spec, engine, batch);
        RandomMinibatch minibatch = new RandomMinibatch(network, engine)) {
      network.initialise(0);
      double[] seconds = new double[steps];
      long updateNanos = 0;
      long feedNanos = 0;
      Map<String, Long> before = Map.of();
      long allocated = 0;
      long resident = 0;
      for (int step = 0; step < warmUp + steps; step++) {
        if (step == warmUp) {
          before = network.nanosByOperation();
          allocated = ThreadMeter.allocatedBytes();
          resident = ProcessMemory.resident();
          updateNanos = 0;
          feedNanos = 0;
        }
        long start = System.nanoTime();
        minibatch.feed();
        long fed = System.nanoTime();
        network.forward();
        network.backward();
        long differentiated = System.nanoTime();
        network.update(ADAMW, RATE, step + 1L);
        long end = System.nanoTime();
        feedNanos += fed - start;
        updateNanos += end - differentiated;
        if (step >= warmUp) {
          seconds[step - warmUp] = (end - start) / 1e9;
        }
      }
      long allocatedPerStep = (ThreadMeter.allocatedBytes() - allocated) / steps;
      long growth = ProcessMemory.resident() - resident;
      Map<String, Double> operations = new LinkedHashMap<>();
      for (Map.Entry<String, Long> entry : network.nanosByOperation().entrySet()) {
        long nanos = entry.getValue() - before.getOrDefault(entry.getKey(), 0L);
        operations.put(entry.getKey(), nanos / 1e9 / steps);
      }
      operations.put("AdamW", updateNanos / 1e9 / steps);
      operations.put(
          spec.alignment() == null ? "copy in" : "teacher and copy in", feedNanos / 1e9 / steps);
      return new StepRates(
          batch,
          network.layout().size(),
          Spread.of(seconds),
          network.productWork(),
          operations,
          new StepRates.Memory(
              ProcessMemory.peak(), growth, network.activationBytes(), allocatedPerStep));
    }
  }
}
