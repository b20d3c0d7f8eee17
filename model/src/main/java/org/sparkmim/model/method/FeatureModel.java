package org.sparkmim.model.method;

import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Layers;

/**
 * The encoder on whole images, for evaluation: no mask, and the method's final norm at the end; of
 * LocalMIM that of the deepest tap, the only one that was trained on the last block.
 *
 * @param patches all patches in raster order {@code [B, L, 3*P*P]}
 * @param visible rows of the position table {@code [B, L]}
 * @param tokens normalised output, cls first {@code [B, L+1, D]}
 */
public record FeatureModel(Graph graph, Value patches, Value visible, Value tokens) {
  /** The network for batches of {@code batch} images. */
  public static FeatureModel build(ModelSpec spec, int batch) {
    GraphBuilder graph = new GraphBuilder();
    Value patches = graph.input("patches", batch, spec.tokens(), spec.patchWidth());
    Value visible = graph.index("visible", batch, spec.tokens());
    Value[] last = new Value[1];
    VitEncoder.build(graph, spec, patches, visible, (block, stream) -> last[0] = stream);
    String norm = spec.method() == Method.LOCALMIM ? "norm." + (spec.taps().size() - 1) : "norm";
    Value tokens = new Layers(graph).layerNorm(norm, last[0]);
    graph.label("features", tokens);
    return new FeatureModel(graph.build(), patches, visible, tokens);
  }
}
