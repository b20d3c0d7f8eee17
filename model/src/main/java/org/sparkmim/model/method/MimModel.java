package org.sparkmim.model.method;

import java.util.List;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;

/**
 * A network for masked image modelling: its graph and the values that a minibatch fills.
 *
 * @param patches visible patches {@code [B, K, 3*P*P]}
 * @param visible rows of the position table for the visible patches {@code [B, K]}: 1 + patch
 * @param visibleAndCls the same with 0, the row of cls, in front {@code [B, K+1]}
 * @param restoreIds inverse permutation {@code [B, L]}
 * @param targets one per tap {@code [B, cells, dims]}
 * @param weights one per tap {@code [B, cells]}
 * @param predictions one per tap {@code [B, cells, dims]}
 */
public record MimModel(
    Graph graph,
    Value patches,
    Value visible,
    Value visibleAndCls,
    Value restoreIds,
    List<Value> targets,
    List<Value> weights,
    List<Value> predictions) {}
