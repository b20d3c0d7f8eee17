package org.sparkmim.job.round;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.bytedeco.javacpp.FloatPointer;
import org.sparkmim.job.RunObserver;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.optim.Optimizer;

/**
 * A model one can compute by hand: every sample pulls the parameters towards its own point, loss =
 * mean over the minibatch of half the squared distance. All arithmetic is in float, in a fixed
 * order.
 */
final class BowlReplica implements Replica {
  /** What replicas of this process were told to do, across all tests that clear it first. */
  static final Queue<LocalStep> TAKEN = new ConcurrentLinkedQueue<>();

  private final Factory factory;
  private final ParameterVectors state;
  private final Deque<LocalStep> announced = new ArrayDeque<>();

  private BowlReplica(Factory factory) {
    this.factory = factory;
    this.state = ParameterVectors.allocate(factory.size());
  }

  /** Bowls of {@code size} parameters. */
  record Factory(int size, Optimizer optimizer) implements ReplicaFactory {
    @Override
    public Replica create() {
      return new BowlReplica(this);
    }
  }

  @Override
  public ParameterVectors state() {
    return state;
  }

  @Override
  public void begin(List<LocalStep> share, List<MinibatchRef> next, RunObserver observer) {
    announced.clear();
    announced.addAll(share);
  }

  @Override
  public StepResult step() {
    LocalStep step = announced.remove();
    TAKEN.add(step);
    MinibatchRef batch = step.minibatch();
    int size = factory.size();
    double[] centre = new double[size];
    for (int i = 0; i < batch.count(); i++) {
      for (int j = 0; j < size; j++) {
        centre[j] += coordinate(batch.epoch(), batch.first() + i, j) / (double) batch.count();
      }
    }
    float[] p = read(state.parameters());
    float[] m = read(state.firstMoment());
    float[] v = read(state.secondMoment());
    double loss = 0;
    for (int j = 0; j < size; j++) {
      float gradient = (float) (p[j] - centre[j]);
      loss += 0.5 * gradient * gradient;
      update(j, p, m, v, gradient, step);
    }
    state.parameters().put(p);
    state.firstMoment().put(m);
    state.secondMoment().put(v);
    return new StepResult(new double[] {loss, 2 * loss}, 1, 2);
  }

  private float[] read(FloatPointer vector) {
    float[] values = new float[factory.size()];
    vector.get(values);
    return values;
  }

  private void update(int j, float[] p, float[] m, float[] v, float gradient, LocalStep step) {
    if (factory.optimizer() instanceof Optimizer.AdamW adam) {
      m[j] = (float) (adam.beta1() * m[j] + (1 - adam.beta1()) * gradient);
      v[j] = (float) (adam.beta2() * v[j] + (1 - adam.beta2()) * gradient * gradient);
      double mean = m[j] / (1 - Math.pow(adam.beta1(), (double) step.step()));
      double square = v[j] / (1 - Math.pow(adam.beta2(), (double) step.step()));
      p[j] = (float) (p[j] - step.rate() * mean / (Math.sqrt(square) + adam.eps()));
    } else {
      p[j] = (float) (p[j] - step.rate() * gradient);
    }
  }

  /** A number in [-1, 1) for each sample and parameter. */
  private static float coordinate(int epoch, long position, int j) {
    long mixed = ((31L * epoch + position) * 1_000_003 + j) * 0x9E3779B97F4A7C15L;
    return (mixed >> 40) * 0x1p-23f;
  }

  @Override
  public void close() {
    state.close();
  }
}
