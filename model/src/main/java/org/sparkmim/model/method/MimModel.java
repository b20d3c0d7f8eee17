package org.sparkmim.model.method;

import java.util.List;
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
   * What the encoder sees.
   *
   * @param patches visible patches {@code [B, K, 3*P*P]}
   * @param visible rows of the position table for the visible patches {@code [B, K]}: 1 + patch
   * @param visibleAndCls the same with 0, the row of cls, in front {@code [B, K+1]}; null where
   *     nothing is decoded
   * @param restoreIds inverse permutation {@code [B, L]}; null where nothing is decoded
   */
  public record Inputs(Value patches, Value visible, Value visibleAndCls, Value restoreIds) {}

  /**
   * One prediction and its loss.
   *
   * @param prediction {@code [B, rows, width]}
   * @param target of the same shape
   * @param weight of each row in the loss {@code [B, rows]}
   */
  public record Head(Value prediction, Value target, Value weight) {}
}
