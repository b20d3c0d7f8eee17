package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkmim.data.target.Hog;
import org.sparkmim.data.target.PixelTarget;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.method.FixedTensor;
import org.sparkmim.model.method.LocalMimSwin;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.SwinGrid;
import org.sparkmim.model.method.SwinIndices;
import org.sparkmim.model.method.SwinModel;
import org.sparkmim.model.method.SwinShape;

/** A bundle of LocalMIM on Swin, read as the model and the data pipeline want it. */
final class SwinBundle extends ParameterBundle {
  /** Pixels of a batch; bundles are toys, and a forged one must not fill the memory. */
  private static final long MOST_PIXELS = 1L << 22;

  private static final List<String> PUBLISHED_ORDER = List.of("(0,0)", "(0,1)", "(1,0)", "(1,1)");

  private final SwinGrid grid;
  private final ModelSpec.Decoder decoder;
  private final int visible;
  private final float[] images;
  private final float[][] targets;

  /**
   * What one step is fed with, beside the targets.
   *
   * @param units visible units
   * @param hidden 1 for each hidden unit {@code [B, units]}
   */
  record Step(
      float[] patches, int[] units, SwinIndices indices, float[] hidden, float[][] weights) {}

  SwinBundle(GoldenBundle bundle) {
    super(bundle);
    GoldenConfig config = bundle.config();
    config.requireNumber("in_chans", ModelSpec.CHANNELS);
    config.requireNumber("ln_eps", 1e-6);
    config.requireNumber("drop_path", 0);
    config.requireTrue("qkv_bias");
    config.requireTrue("patch_norm");
    int side = config.integer("img_size");
    images = bundle.floats("input/images", batch(), ModelSpec.CHANNELS, side, side);
    if (images.length > MOST_PIXELS) {
      throw bundle.refusal("a batch of " + batch() + " images of " + side + " pixels is too large");
    }
    decoder =
        new ModelSpec.Decoder(
            config.integer("decoder_embed_dim"),
            config.integer("decoder_depth"),
            config.integer("decoder_num_heads"));
    try {
      grid = new SwinGrid(shape(config), side);
    } catch (ModelException e) {
      throw bundle.refusal("its model cannot be built: " + e.getMessage());
    }
    requireRoom();
    visible = grid.units() - (int) (config.number("mask_ratio") * grid.units()) - 1;
    if (config.integer("visible_units") != visible || visible < 1) {
      throw bundle.refusal(
          config.integer("visible_units")
              + " of its "
              + grid.units()
              + " units are visible, and its mask ratio makes them "
              + visible);
    }
    targets = targets(config);
  }

  private static SwinShape shape(GoldenConfig config) {
    boolean published = config.texts("patch_merge_order").equals(PUBLISHED_ORDER);
    return new SwinShape(
        config.integer("patch_size"),
        config.integer("embed_dim"),
        config.integers("depths"),
        config.integers("num_heads"),
        config.integer("window_size"),
        config.number("mlp_ratio"),
        SwinShape.Coordinates.PUBLISHED,
        published ? SwinShape.MergeOrder.PUBLISHED : SwinShape.MergeOrder.STANDARD);
  }

  /** Holds the sizes in the config against the tensors before anything is built by them. */
  private void requireRoom() {
    SwinShape shape = grid.shape();
    bundle.requireShape("input/randperm", grid.units());
    bundle.requireShape("input/randperm_steps", steps(), grid.units());
    for (int stage = 0; stage < shape.stages(); stage++) {
      String block =
          "param/encoder.layers." + stage + ".blocks." + (shape.depths().get(stage) - 1) + ".";
      bundle.requireShape(block + "norm1.weight", shape.width(stage));
      bundle.requireShape(
          block + "attn.relative_position_bias_table",
          grid.tableRows(stage),
          shape.heads().get(stage));
      bundle.shape("param/decoder." + stage + ".blocks." + (decoder.depth() - 1) + ".norm1.weight");
    }
    for (FixedTensor positions : LocalMimSwin.fixedTensors(grid, decoder)) {
      bundle.requireShape(
          "param/" + positions.name(),
          positions.shape().stream().mapToLong(Integer::longValue).toArray());
    }
  }

  @Override
  List<FixedTensor> fixed() {
    List<FixedTensor> fixed = new ArrayList<>(LocalMimSwin.fixedTensors(grid, decoder));
    for (int k = 0; isHog() && k < targets.length; k++) {
      String name = "hog_enc." + k + ".conv.";
      fixed.add(FixedTensor.sobel(name + "weight"));
      if (bundle.config().flag("hog_bias")) {
        // Drawn once by the published program and never trained: its own value is the only one.
        fixed.add(
            new FixedTensor(name + "bias", List.of(2), bundle.floats("param/" + name + "bias", 2)));
      }
    }
    return fixed;
  }

  /** The published grid, or the same with other coordinates. */
  SwinGrid grid(SwinShape.Coordinates coordinates) {
    return new SwinGrid(grid.shape().with(coordinates), grid.imageSize());
  }

  /** The network on a grid. */
  SwinModel model(SwinGrid of) {
    List<Integer> widths = IntStream.range(0, targets.length).mapToObj(this::targetWidth).toList();
    return LocalMimSwin.build(of, visible, decoder, widths, batch());
  }

  boolean isHog() {
    return bundle.config().text("target").equals("HOG");
  }

  /** Targets by tap {@code [B, places, width]}; the same at every step. */
  float[][] targets() {
    return targets;
  }

  /** Numbers in a target of a tap. */
  int targetWidth(int tap) {
    int cell = grid.tapCell(tap);
    return ModelSpec.CHANNELS * (isHog() ? bundle.config().integer("hog_nbins") : cell * cell);
  }

  private float[][] targets(GoldenConfig config) {
    if (isHog()) {
      config.requireNumber("hog_normalize_eps", 1e-12);
    }
    float[][] all = new float[grid.shape().stages()][];
    int side = grid.imageSize();
    for (int k = 0; k < all.length; k++) {
      int cell = grid.tapCell(k);
      for (int b = 0; b < batch(); b++) {
        float[] image = new float[ModelSpec.CHANNELS * side * side];
        System.arraycopy(images, b * image.length, image, 0, image.length);
        float[] target =
            isHog()
                ? hog(config, k, cell, image)
                : PixelTarget.cells(image, side, cell, config.flag("norm_pix_loss"));
        if (b == 0) {
          all[k] = new float[batch() * target.length];
        }
        System.arraycopy(target, 0, all[k], b * target.length, target.length);
      }
    }
    return all;
  }

  private float[] hog(GoldenConfig config, int tap, int cell, float[] image) {
    int side = grid.imageSize();
    int bins = config.integer("hog_nbins");
    if (!config.flag("hog_bias")) {
      return Hog.pyramid(image, side, side, new int[] {cell}, bins)[0];
    }
    float[] bias = bundle.floats("param/hog_enc." + tap + ".conv.bias", 2);
    return Hog.cells(image, side, side, cell, bins, bias[0], bias[1]);
  }

  /** What step {@code step} is fed with on a grid, from its ranking of the units. */
  Step step(SwinGrid of, int step) {
    int units = grid.units();
    int[] all = bundle.ints("input/randperm_steps", steps(), units);
    int limit = units - visible - 1;
    int[] shown =
        IntStream.range(0, units).filter(unit -> all[step * units + unit] > limit).toArray();
    if (shown.length != visible) {
      throw bundle.refusal("row " + step + " of input/randperm_steps is not a permutation");
    }
    SwinIndices indices = new SwinIndices(of, visible);
    indices.update(shown);
    float[] hidden = new float[batch() * units];
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] = all[step * units + i % units] > limit ? 0 : 1;
    }
    float[][] weights = new float[targets.length][];
    for (int k = 0; k < weights.length; k++) {
      int[] ids = indices.restoreIds(k);
      int seen = visible * grid.unitTokens(grid.tapStage(k));
      weights[k] = new float[batch() * ids.length];
      for (int i = 0; i < weights[k].length; i++) {
        weights[k][i] = ids[i % ids.length] < seen ? 0 : 1;
      }
    }
    return new Step(patches(shown), shown, indices, hidden, weights);
  }

  /** Patches of visible units, unit by unit, each as (channel, row, column). */
  private float[] patches(int[] units) {
    int perUnit = grid.unitTokens(0);
    int patch = grid.shape().patchSize();
    int side = grid.imageSize();
    float[] patches = new float[batch() * units.length * perUnit * grid.patchWidth()];
    int to = 0;
    for (int b = 0; b < batch(); b++) {
      for (int t = 0; t < units.length * perUnit; t++) {
        int unit = units[t / perUnit];
        int within = t % perUnit;
        int row = unit / grid.unitsAcross() * grid.unitSide(0) + within / grid.unitSide(0);
        int column = unit % grid.unitsAcross() * grid.unitSide(0) + within % grid.unitSide(0);
        for (int c = 0; c < ModelSpec.CHANNELS; c++) {
          for (int y = 0; y < patch; y++) {
            int line = (b * ModelSpec.CHANNELS + c) * side + row * patch + y;
            System.arraycopy(images, line * side + column * patch, patches, to, patch);
            to += patch;
          }
        }
      }
    }
    return patches;
  }
}
