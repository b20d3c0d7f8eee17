package org.sparkmim.model.method;

import java.util.function.Consumer;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Layers;

/**
 * The encoder on whole images, for evaluation: no mask, and the method's final norm at the end; of
 * LocalMIM that of the deepest tap, the only one that was trained on the last block.
 *
 * @param patches all patches in raster order {@code [B, L, 3*P*P]}
 * @param tokens normalised output {@code [B, N, D]}, the class token first where there is one
 * @param classTokens 1 or 0
 * @param indices writes into a compiled network what is alike for all images
 */
public record FeatureModel(
    Graph graph, Value patches, Value tokens, int classTokens, Consumer<Program> indices) {
  /** The network for batches of {@code batch} images. */
  public static FeatureModel build(ModelSpec spec, int batch) {
    return spec.encoder() instanceof SwinShape swin
        ? onSwin(new SwinGrid(swin, spec.imageSize()), batch)
        : build(spec, batch, VitEncoder.positions(spec, spec.width()));
  }

  private static FeatureModel onSwin(SwinGrid trained, int batch) {
    SwinModel model = SwinFeatures.build(trained, batch);
    SwinIndices indices = new SwinIndices(SwinFeatures.grid(trained), trained.units());
    indices.updateToAll();
    return new FeatureModel(
        model.graph(),
        model.patches(),
        model.tokens(),
        0,
        program -> indices.write(program, model.indices()));
  }

  /**
   * The network of a ViT whose weights bring positions of their own, as fine-tuned ones do.
   *
   * @param positions {@code [1+L, D]}, cls first; that of cls is not added: it belongs to {@code
   *     cls_token}
   */
  public static FeatureModel build(ModelSpec spec, int batch, float[] positions) {
    GraphBuilder graph = new GraphBuilder();
    Value patches = graph.input("patches", batch, spec.tokens(), spec.patchWidth());
    Value visible = graph.index("visible", batch, spec.tokens());
    Value[] last = new Value[1];
    VitEncoder.build(graph, spec, positions, patches, visible, (block, stream) -> last[0] = stream);
    String norm = spec.method() == Method.LOCALMIM ? "norm." + (spec.taps().size() - 1) : "norm";
    Value tokens = new Layers(graph).layerNorm(norm, last[0]);
    graph.label("features", tokens);
    int[] rows = new int[batch * spec.tokens()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = 1 + i % spec.tokens();
    }
    return new FeatureModel(
        graph.build(), patches, tokens, 1, program -> program.write(visible, rows));
  }
}
