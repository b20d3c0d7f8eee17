package org.sparkmim.job.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.sparkmim.data.target.PixelTarget;
import org.sparkmim.data.target.TargetKind;
import org.sparkmim.model.method.ModelSpec;

/**
 * Pixels as an image: visible patches from the picture, hidden ones from the prediction, which gets
 * the mean and deviation of the target's cells back where targets have neither (as MAE shows it).
 */
final class PixelGallery implements Gallery {

  private final ModelSpec spec;
  private final TargetKind plain;
  private final boolean filtered;
  private final CropDrawing crops;

  /**
   * @param plain the model's target without normalisation per cell
   * @param filtered whether it is another image than the original, and worth a picture
   */
  PixelGallery(ModelSpec spec, TargetKind plain, boolean filtered) {
    this.spec = spec;
    this.plain = plain;
    this.filtered = filtered;
    crops = new CropDrawing(spec);
  }

  @Override
  public String legend() {
    return "The hidden patches"
        + (filtered ? ", without their fine detail," : "")
        + " as the network rebuilds them from the visible ones, which are painted in from the"
        + " picture."
        + (spec.outputs().size() > 1
            ? " Shallow blocks of the encoder rebuild small cells, deep ones large cells."
            : "")
        + (spec.target().normalise()
            ? " The network predicts each cell with mean 0 and variance 1; for the picture it gets"
                + " the mean and the deviation of its target back."
            : "");
  }

  @Override
  public List<List<Tile>> rows(Example example) {
    boolean[] visible = example.visible(spec.tokens());
    List<float[]> truth = truth(example.crop());
    List<Tile> tiles = new ArrayList<>();
    tiles.add(new Tile("original", crops.whole(example.crop())));
    tiles.add(new Tile("masked", crops.masked(example.crop(), visible)));
    if (filtered) {
      tiles.add(new Tile("target, low frequencies", crops.whole(planes(truth.get(0), 0))));
    }
    for (int head = 0; head < example.heads().size(); head++) {
      tiles.add(reconstruction(example, head, truth.get(head), visible));
    }
    return List.of(tiles);
  }

  private Tile reconstruction(Example example, int number, float[] truth, boolean[] visible) {
    Example.Head head = example.heads().get(number);
    float[] cells =
        spec.target().normalise()
            ? PixelTarget.denormalise(head.prediction(), truth, head.width())
            : head.prediction();
    return new Tile(
        String.format(
            Locale.ROOT,
            "%s, loss %.3f",
            spec.outputs().size() > 1 ? spec.cellSizes().get(number) + " px cells" : "rebuilt",
            head.meanSquaredError()),
        crops.joined(example.crop(), planes(cells, number), visible));
  }

  private byte[] planes(float[] cells, int head) {
    return PixelTarget.planes(cells, spec.imageSize(), spec.cellSizes().get(head));
  }

  private List<float[]> truth(byte[] crop) {
    int[] cellSizes = spec.cellSizes().stream().mapToInt(Integer::intValue).toArray();
    float[][] truth = new float[cellSizes.length][crop.length];
    plain.extractor(spec.imageSize(), cellSizes).extract(crop, truth, 0);
    return List.of(truth);
  }
}
