package org.sparkmim.job.bench;

import java.util.List;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.nd4j.common.loader.Source;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.round.LocalStep;
import org.sparkmim.job.round.MinibatchRef;
import org.sparkmim.job.round.Replica;
import org.sparkmim.job.round.ReplicaFactory;
import org.sparkmim.model.engine.ParameterVectors;

/**
 * Replicas whose steps do nothing: a round of them is nothing but its overhead.
 *
 * @param parameters floats in each of a replica's vectors
 */
record IdleReplicas(long parameters) implements ReplicaFactory, MultiDataSetLoader {
  @Override
  public Replica create() {
    return new Idle(ParameterVectors.allocate(parameters));
  }

  @Override
  public MultiDataSet load(Source source) {
    throw new UnsupportedOperationException("idle replicas read no samples");
  }

  private record Idle(ParameterVectors state) implements Replica {
    @Override
    public void begin(List<LocalStep> share, List<MinibatchRef> next, RunObserver observer) {}

    @Override
    public StepResult step() {
      return new StepResult(new double[] {0}, 0, 0);
    }

    @Override
    public void close() {
      state.close();
    }
  }
}
