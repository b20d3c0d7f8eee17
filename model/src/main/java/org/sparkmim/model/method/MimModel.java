package org.sparkmim.model.method;

import java.util.List;
import java.util.Optional;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;

/**
 * A network for masked image modelling: its graph and the values that a minibatch fills.
 *
 * @param inputs which patches the encoder sees, and where they lie
 * @param heads what is predicted, compared and weighed, in the order of the losses
 */
public record MimModel(Graph graph, Inputs inputs, List<Head> heads) {
  /** Copies the list. */
  public MimModel {
    heads = List.copyOf(heads);
  }

  /**
   * Input {@code [2 * depth, B]} of an encoder with {@link ModelSpec#dropPath}: what attention and
   * MLP of each block count for each image.
   */
  public Optional<Value> branchScale() {
    return graph.find(VitEncoder.BRANCH_SCALE);
  }

  /** What the encoder sees; each encoder wants its indices in a form of its own. */
  public interface Inputs {
    /**
     * Copies a minibatch's patches into a compiled network; allocates nothing.
     *
     * @param patches visible patches {@code [B, K, 3*P*P]} in rank order
     * @param keepIds their places {@code [B, K]}
     * @param restoreIds inverse permutation {@code [B, L]}; unread where nothing is decoded
     */
    void write(Program program, float[] patches, int[] keepIds, int[] restoreIds);
  }

  /**
   * One prediction and its loss.
   *
   * @param prediction {@code [B, rows, width]}; with {@link Predicted#HIDDEN} of a ViT at a scale
   *     of 1 or more the rows of hidden patches only, patch by patch in the order of their ranks
   * @param target {@code [B, rows, width]}
   * @param weight of each row in the loss {@code [B, rows]}
   */
  public record Head(Value prediction, Value target, Value weight) {}
}
