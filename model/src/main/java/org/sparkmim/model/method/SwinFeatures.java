package org.sparkmim.model.method;

import java.util.List;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;

/** The Swin encoder on whole images, for evaluation: no mask, true coordinates. */
public final class SwinFeatures {
  private SwinFeatures() {}

  /**
   * The grid on which {@link #build} works and for which its indices must be made: with true
   * coordinates, whatever a model was trained with, as in the published fine-tuning.
   */
  public static SwinGrid grid(SwinGrid trained) {
    return new SwinGrid(trained.shape().with(SwinShape.Coordinates.TRUE), trained.imageSize());
  }

  /**
   * The network for batches of {@code batch} images; its patches are {@code [B, L, 3*P*P]}, row by
   * row, its tokens {@code [B, units, D]}, row by row.
   */
  public static SwinModel build(SwinGrid trained, int batch) {
    SwinGrid grid = grid(trained);
    GraphBuilder graph = new GraphBuilder();
    int side = grid.side(0);
    int across = grid.unitsAcross();
    int unitSide = grid.unitSide(0);
    int width = grid.patchWidth();
    Value patches = graph.input("patches", batch, side * side, width);
    Value byUnit =
        graph.permute(
            patches,
            List.of(batch * across, unitSide, across, unitSide, width),
            List.of(0, 2, 1, 3, 4),
            batch,
            side * side,
            width);
    Value[] last = new Value[1];
    List<SwinModel.Windows> windows =
        SwinEncoder.build(graph, grid, grid.units(), byUnit, (stage, stream) -> last[0] = stream);
    Value tokens = SwinEncoder.norm(graph, grid.shape().stages() - 1, last[0]);
    graph.label("features", tokens);
    return new SwinModel(
        graph.build(), patches, new SwinModel.Indices(windows, List.of()), List.of(), tokens);
  }
}
