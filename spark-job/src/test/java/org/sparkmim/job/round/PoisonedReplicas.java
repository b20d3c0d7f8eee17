package org.sparkmim.job.round;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.nd4j.common.loader.Source;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.sparkmim.job.RunObserver;
import org.sparkmim.model.engine.ParameterVectors;

/**
 * Replicas that go wrong on certain minibatches.
 *
 * @param poison by {@link MinibatchRef#toPath}
 */
record PoisonedReplicas(ReplicaFactory sound, Map<String, Poison> poison)
    implements ReplicaFactory, MultiDataSetLoader {

  enum Poison {
    /** The loss is NaN. */
    LOSS,
    /** The last parameter becomes infinite, which this step's loss does not show. */
    PARAMETER,
    /** The last second moment becomes NaN: with a plain optimiser no loss ever shows it. */
    MOMENT
  }

  @Override
  public Replica create() {
    return new Poisoned(sound.create());
  }

  @Override
  public MultiDataSet load(Source source) {
    throw new UnsupportedOperationException("tests take replicas");
  }

  private final class Poisoned implements Replica {
    private final Replica inner;
    private final Deque<LocalStep> steps = new ArrayDeque<>();

    Poisoned(Replica inner) {
      this.inner = inner;
    }

    @Override
    public ParameterVectors state() {
      return inner.state();
    }

    @Override
    public void begin(List<LocalStep> share, List<MinibatchRef> next, RunObserver observer) {
      steps.clear();
      steps.addAll(share);
      inner.begin(share, next, observer);
    }

    @Override
    public StepResult step() {
      StepResult result = inner.step();
      Poison poisonous = poison.get(steps.remove().minibatch().toPath());
      if (poisonous == Poison.LOSS) {
        result.losses()[1] = Double.NaN;
      } else if (poisonous == Poison.PARAMETER) {
        putLast(state().parameters(), Float.POSITIVE_INFINITY);
      } else if (poisonous == Poison.MOMENT) {
        putLast(state().secondMoment(), Float.NaN);
      }
      return result;
    }

    private void putLast(FloatPointer vector, float value) {
      vector.put(state().size() - 1, value);
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}
