package org.sparkmim.model.method;

import java.util.List;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;

/**
 * A Swin network and the values that a minibatch fills.
 *
 * @param patches visible patches, unit by unit {@code [B, K, 3*P*P]}; of a network for evaluation
 *     all patches, row by row
 * @param indices what {@link SwinIndices#write} fills
 * @param heads what is predicted, compared and weighed, in the order of the losses; none for
 *     evaluation
 * @param tokens the normalised tokens of the last stage {@code [B, tokens, D]}
 */
public record SwinModel(
    Graph graph, Value patches, Indices indices, List<MimModel.Head> heads, Value tokens) {
  /** Copies the list. */
  public SwinModel {
    heads = List.copyOf(heads);
  }

  /**
   * What depends on the mask.
   *
   * @param windows of each stage and shift
   * @param restoreIds for each decoder, {@code [L]}
   */
  public record Indices(List<Windows> windows, List<Value> restoreIds) {
    /** Copies the lists. */
    public Indices {
      windows = List.copyOf(windows);
      restoreIds = List.copyOf(restoreIds);
    }
  }

  /**
   * Windows of a stage; see {@link org.sparkmim.model.graph.Op.WindowAttention}.
   *
   * @param slots {@code [G, S]}, or null where one group holds all tokens
   * @param pairs {@code [G, S, S]}
   */
  public record Windows(int stage, boolean shifted, Value slots, Value pairs) {}
}
