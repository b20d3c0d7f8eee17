package org.sparkmim.job.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.sparkmim.model.method.ModelSpec;

/** Histograms of oriented gradients as strokes: target above prediction, head by head. */
final class HogGallery implements Gallery {

  private static final int STROKE_PIXELS = 384;

  private final ModelSpec spec;
  private final CropDrawing crops;
  private final HogDrawing strokes;

  HogGallery(ModelSpec spec) {
    this.spec = spec;
    crops = new CropDrawing(spec);
    strokes = new HogDrawing(spec.target().bins(), STROKE_PIXELS);
  }

  @Override
  public String legend() {
    return "Histograms of oriented gradients (HOG) of the whole image, rebuilt from the visible"
        + " patches alone"
        + (spec.outputs().size() > 1
            ? ": by shallow blocks of the encoder in small cells, by deep ones in large cells"
            : "")
        + ". A stroke lies along an edge and is the darker, the larger its direction's share in"
        + " the cell."
        + (spec.target().bias()
            ? " A constant is added to every gradient, so that flat cells have a direction too."
            : "")
        + " Cells on a blue ground were visible; the loss counts only the others.";
  }

  @Override
  public List<List<Tile>> rows(Example example) {
    List<Tile> targets = new ArrayList<>();
    List<Tile> predictions = new ArrayList<>();
    targets.add(new Tile("original", crops.whole(example.crop())));
    predictions.add(
        new Tile("masked", crops.masked(example.crop(), example.visible(spec.tokens()))));
    for (int number = 0; number < example.heads().size(); number++) {
      Example.Head head = example.heads().get(number);
      int grid = spec.cellGrid(number);
      boolean[] seen = new boolean[head.weights().length];
      for (int cell = 0; cell < seen.length; cell++) {
        seen[cell] = head.weights()[cell] == 0;
      }
      String cells = spec.cellSizes().get(number) + " px cells, ";
      targets.add(
          new Tile(cells + "target", strokes.draw(head.target(), grid, new boolean[seen.length])));
      String loss = String.format(Locale.ROOT, "prediction, loss %.3f", head.meanSquaredError());
      predictions.add(new Tile(loss, cells + loss, strokes.draw(head.prediction(), grid, seen)));
    }
    return List.of(targets, predictions);
  }
}
