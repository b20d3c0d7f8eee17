package org.sparkmim.model.engine.nd4j;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.Updates;

/**
 * The optimisers of {@link org.sparkmim.model.optim.ParameterUpdate} as ND4J operations over
 * stretches of the device's vectors. What a step changes is one small array of factors.
 */
final class DeviceUpdates implements Updates, AutoCloseable {
  /** Elements that are updated at once; bounds the scratch room. */
  private static final long TILE = 1L << 22;

  /** Ranges that decay and learn alike. */
  private record Kind(boolean decayed, double scale) {}

  private final DeviceState state;
  private final List<Range> trained;
  private final List<Kind> kinds;
  private final Store factors = new Store(DataType.FLOAT);
  private final Store scratch = new Store(DataType.FLOAT);
  private final float[] numbers;
  private Optimizer written;
  private Tape tape;

  DeviceUpdates(DeviceState state, List<Range> trained) {
    this.state = state;
    this.trained = List.copyOf(trained);
    kinds = trained.stream().map(DeviceUpdates::kind).distinct().toList();
    factors.reserve(1 + 2L * kinds.size());
    factors.allocate();
    numbers = new float[1 + 2 * kinds.size()];
    state.allocateMoments();
  }

  @Override
  public void apply(Optimizer optimizer, double rate, long step) {
    if (!optimizer.equals(written)) {
      write(optimizer);
    }
    state.prepareUpdate();
    computeFactors(optimizer, rate, step);
    new HostAccess(factors.memory()).write(numbers);
    tape.run();
    state.wroteParameters();
  }

  @Override
  public void close() {
    factors.close();
    scratch.close();
  }

  private void write(Optimizer optimizer) {
    tape = new Tape();
    Arithmetic arithmetic = new Arithmetic();
    arithmetic.onto(tape);
    for (Range range : trained) {
      for (long first = range.first(); first < range.end(); first += TILE) {
        scratch.reuse();
        Stretch stretch = stretch(range, first, Math.min(TILE, range.end() - first));
        if (optimizer instanceof Optimizer.AdamW adamw) {
          stretch.adamw(arithmetic, adamw);
        } else {
          stretch.sgd(arithmetic);
        }
      }
    }
    tape.close("update");
    scratch.allocate();
    tape.bind();
    written = optimizer;
  }

  private Stretch stretch(Range range, long first, long count) {
    int kind = kinds.indexOf(kind(range));
    return new Stretch(
        Tensor.dense(state.parameters(), first, count),
        Tensor.dense(state.gradients(), first, count),
        Tensor.dense(state.firstMoment(), first, count),
        Tensor.dense(state.secondMoment(), first, count),
        scratch.take(count),
        factor(0),
        factor(1 + 2 * kind),
        factor(2 + 2 * kind));
  }

  private Tensor factor(int at) {
    return Tensor.dense(factors, at, 1);
  }

  /**
   * @param root {@code 1 / sqrt(1 - beta2^step)}
   * @param keep what decay leaves
   * @param stepSize rate, for AdamW over {@code 1 - beta1^step}
   */
  private record Stretch(
      Tensor p,
      Tensor g,
      Tensor m,
      Tensor v,
      Tensor scratch,
      Tensor root,
      Tensor keep,
      Tensor stepSize) {
    void adamw(Arithmetic a, Optimizer.AdamW adamw) {
      a.scale(m, adamw.beta1(), m);
      a.scale(g, 1 - adamw.beta1(), scratch);
      a.add(m, scratch, m);
      a.scale(v, adamw.beta2(), v);
      a.scale(g, 1 - adamw.beta2(), scratch);
      a.multiply(scratch, g, scratch);
      a.add(v, scratch, v);
      a.root(v, scratch);
      a.multiply(scratch, root, scratch);
      a.shift(scratch, adamw.eps(), scratch);
      a.divide(m, scratch, scratch);
      a.multiply(scratch, stepSize, scratch);
      a.multiply(p, keep, p);
      a.subtract(p, scratch, p);
    }

    void sgd(Arithmetic a) {
      a.multiply(g, stepSize, scratch);
      a.subtract(p, scratch, p);
    }
  }

  private void computeFactors(Optimizer optimizer, double rate, long step) {
    double decay = 0;
    double correction1 = 1;
    numbers[0] = 1;
    if (optimizer instanceof Optimizer.AdamW adamw) {
      decay = adamw.weightDecay();
      correction1 = 1 - Math.pow(adamw.beta1(), (double) step);
      numbers[0] = (float) (1 / Math.sqrt(1 - Math.pow(adamw.beta2(), (double) step)));
    }
    for (int k = 0; k < kinds.size(); k++) {
      double scaled = rate * kinds.get(k).scale();
      numbers[1 + 2 * k] = (float) (1 - scaled * (kinds.get(k).decayed() ? decay : 0));
      numbers[2 + 2 * k] = (float) (scaled / correction1);
    }
  }

  private static Kind kind(Range range) {
    return new Kind(range.decayed(), range.scale());
  }
}
