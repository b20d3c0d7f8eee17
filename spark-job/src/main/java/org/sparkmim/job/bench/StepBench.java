package org.sparkmim.job.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.sparkmim.data.order.Masking;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.optim.Optimizer;

/**
 * Training steps on random pictures, targets given: copy in, forward, decoders, backward, AdamW.
 * Arithmetic does not depend on the numbers, so random ones do.
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
    try (Network network = Network.create(spec, engine, batch)) {
      network.initialise(0);
      Minibatch minibatch = Minibatch.random(spec, batch);
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
        minibatch.feed(network);
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
      operations.put("copy in", feedNanos / 1e9 / steps);
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

  /** What {@link Network#feed} takes. */
  private record Minibatch(
      float[] patches, int[] keep, int[] restore, float[][] targets, float[][] weights) {
    static Minibatch random(ModelSpec spec, int batch) {
      Random random = new Random(0);
      int tokens = spec.tokens();
      int kept = spec.keep();
      int[] keep = new int[batch * kept];
      int[] restore = new int[batch * tokens];
      List<ModelSpec.Output> outputs = spec.outputs();
      float[][] targets = new float[outputs.size()][];
      float[][] weights = new float[outputs.size()][];
      for (int head = 0; head < targets.length; head++) {
        int rows = outputs.get(head).rows();
        targets[head] = normal(random, batch * rows * outputs.get(head).width());
        weights[head] = new float[batch * rows];
        for (int i = 0; i < rows * batch; i++) {
          weights[head][i] = random.nextInt(4) > 0 ? 1 : 0;
        }
      }
      for (int b = 0; b < batch; b++) {
        Masking.Mask mask = Masking.rank(normal(random, tokens), kept);
        System.arraycopy(mask.keepIds(), 0, keep, b * kept, kept);
        System.arraycopy(mask.restoreIds(), 0, restore, b * tokens, tokens);
      }
      return new Minibatch(
          normal(random, batch * kept * spec.patchWidth()), keep, restore, targets, weights);
    }

    void feed(Network network) {
      network.feed(patches, keep, restore, targets, weights);
    }

    private static float[] normal(Random random, int count) {
      float[] numbers = new float[count];
      for (int i = 0; i < count; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      return numbers;
    }
  }
}
