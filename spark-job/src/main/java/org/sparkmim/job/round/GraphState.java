package org.sparkmim.job.round;

import org.bytedeco.javacpp.FloatPointer;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.model.engine.ParameterVectors;

/** Where the training state of DL4J's graph is, when no rounds are run. */
public interface GraphState {
  /** The state; nobody changes what is returned. */
  FlatState read();

  /** Replaces the state, which must not be changed any more. */
  void write(FlatState state);

  /** A state that is all in vectors, such as those that DL4J's own updater works on. */
  static GraphState in(ParameterVectors vectors) {
    return new GraphState() {
      @Override
      public FlatState read() {
        return FlatState.copyOf(vectors);
      }

      @Override
      public void write(FlatState state) {
        state.copyTo(vectors);
      }
    };
  }

  /**
   * Parameters in the graph, and Adam's moments only here: DL4J's updater would take twice the
   * parameters' memory again, to no use where nothing but rounds trains the graph.
   *
   * @param parameters of the graph
   */
  static GraphState of(FloatPointer parameters, FlatState start) {
    return new GraphState() {
      private FlatState state = start;

      @Override
      public FlatState read() {
        return state;
      }

      @Override
      public void write(FlatState newer) {
        state = newer;
        newer.copyParametersTo(parameters);
      }
    };
  }
}
