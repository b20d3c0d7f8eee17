package org.sparkmim.model.method;

import static org.sparkmim.model.method.Rules.require;
import static org.sparkmim.model.method.Rules.requireWidth;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that fixes the shapes of a network: method x encoder x taps x decoder x masking x
 * target.
 *
 * @param imageSize side of the square input, pixels
 * @param taps encoder blocks, from 0, whose output is used; ascending. LocalMIM reconstructs from
 *     each, MAE and MFF from one, MaskAlign mixes them
 * @param scales for each head that reconstructs, cells per patch side: 4, 2, 1 or 0.5
 * @param fused blocks that MFF mixes before its decoder; empty for the others
 * @param decoder each head's decoder; MaskAlign has none
 * @param alignment MaskAlign's teacher; null for the others
 * @param dropPath probability with which an image goes without a residual branch of the last
 *     encoder block while it trains; it falls linearly to 0 at the first (stochastic depth)
 */
public record ModelSpec(
    Method method,
    int imageSize,
    Backbone encoder,
    List<Integer> taps,
    List<Double> scales,
    List<Integer> fused,
    Decoder decoder,
    MaskSpec masking,
    TargetSpec target,
    Alignment alignment,
    double dropPath)
    implements Serializable {

  /** Colour channels of an image. */
  public static final int CHANNELS = 3;

  private static final List<Double> SCALES = List.of(4.0, 2.0, 1.0, 0.5);

  /**
   * A decoder: transformer blocks on the full grid.
   *
   * @param width token width d
   * @param depth blocks
   * @param heads attention heads
   */
  public record Decoder(int width, int depth, int heads) implements Serializable {}

  /**
   * What one head predicts for an image.
   *
   * @param rows cells, or tokens
   * @param width numbers in a row
   * @param cellSize side of a cell, pixels; 0 where rows are tokens
   */
  public record Output(int rows, int width, int cellSize) {}

  /** Without stochastic depth. */
  public ModelSpec(
      Method method,
      int imageSize,
      Backbone encoder,
      List<Integer> taps,
      List<Double> scales,
      List<Integer> fused,
      Decoder decoder,
      MaskSpec masking,
      TargetSpec target,
      Alignment alignment) {
    this(method, imageSize, encoder, taps, scales, fused, decoder, masking, target, alignment, 0);
  }

  /** Checks every size; a wrong one is a {@link org.sparkmim.model.ModelException}. */
  public ModelSpec {
    taps = List.copyOf(taps);
    scales = List.copyOf(scales);
    fused = List.copyOf(fused);
    if (encoder instanceof VitShape vit) {
      vit.check("model.");
    }
    require(
        imageSize >= encoder.patchSize() && imageSize % encoder.patchSize() == 0,
        "model.image-size",
        imageSize,
        "must be a multiple of model.patch-size = "
            + encoder.patchSize()
            + "; the nearest are "
            + nearestMultiples(imageSize, encoder.patchSize()));
    if (encoder instanceof SwinShape swin) {
      requireSwin(method, imageSize, swin, taps, scales, decoder, masking);
    } else {
      requireBlocks("model.taps", taps, ((VitShape) encoder).depth());
    }
    require(
        dropPath >= 0 && dropPath < 1,
        "model.drop-path",
        dropPath,
        "must be a probability from 0 to below 1");
    require(
        dropPath == 0 || encoder instanceof VitShape,
        "model.drop-path",
        dropPath,
        "needs a ViT: no published pre-training of a Swin drops paths");
    masking.check(imageSize, encoder.patchSize());
    target.check();
    boolean aligns = method == Method.MASKALIGN;
    require(
        (target.kind() == TargetSpec.Kind.TEACHER) == aligns,
        "model.target.kind",
        target.kind().key(),
        aligns
            ? "has no place in maskalign, which aligns with a teacher; use auto, or another"
                + " model.method"
            : "needs model.method = maskalign: only that has a teacher");
    require(
        masking.strategy() != MaskSpec.Strategy.ATTENTION || aligns,
        "model.masking.strategy",
        masking.strategy().key(),
        "needs model.method = maskalign: only that has a teacher whose attention could guide it");
    require(
        fused.isEmpty() == (method != Method.MFF),
        "model.fused",
        fused,
        method == Method.MFF
            ? "must name the blocks to mix"
            : "belongs to mff, and model.method is " + method.key());
    if (aligns) {
      alignment.check(taps.size());
    } else if (encoder instanceof VitShape vit) {
      requireHeads(method, imageSize, vit, taps, scales, fused, decoder);
    }
  }

  /** LocalMIM with HOG on randomly masked patches. */
  public static ModelSpec localMim(
      int imageSize,
      VitShape encoder,
      List<Integer> taps,
      List<Double> scales,
      Decoder decoder,
      double maskRatio,
      int hogBins) {
    return new ModelSpec(
        Method.LOCALMIM,
        imageSize,
        encoder,
        taps,
        scales,
        List.of(),
        decoder,
        new MaskSpec(MaskSpec.Strategy.RANDOM, maskRatio, encoder.patchSize()),
        new TargetSpec(TargetSpec.Kind.HOG, hogBins, false, true, 40),
        null);
  }

  /** Reads and checks the section {@code mim.model}. */
  public static ModelSpec from(Config model) {
    return ModelSettings.read(model);
  }

  /** The taps of LocalMIM's code: 1, 3, depth-3, depth-1. */
  public static List<Integer> officialTaps(int depth) {
    return List.of(1, 3, depth - 3, depth - 1);
  }

  /** One line of JSON from which {@link #fromJson} makes an equal spec. */
  public String toJson() {
    return ModelSettings.write(this);
  }

  /** Reads {@link #toJson()}; as JSON alone, because HOCON may include files and addresses. */
  public static ModelSpec fromJson(String json) {
    return from(
        ConfigFactory.parseString(
            json, ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON)));
  }

  public int patchSize() {
    return encoder.patchSize();
  }

  /** Width of the encoder's features, D. */
  public int width() {
    return encoder.featureWidth();
  }

  /** The encoder where it is a ViT. */
  VitShape vit() {
    return (VitShape) encoder;
  }

  /**
   * Fragments of names of tensors that weight decay spares in the published code, beside vectors
   * and biases.
   */
  public List<String> undecayed() {
    return encoder instanceof SwinShape ? LocalMimSwin.UNDECAYED : method.undecayed();
  }

  /** Probability with which an image goes without the branches of an encoder block in training. */
  public double dropPath(int block) {
    int last = vit().depth() - 1;
    return last == 0 ? 0 : dropPath * block / last;
  }

  /** Patches a side. */
  public int grid() {
    return imageSize / patchSize();
  }

  /** Patches L of an image. */
  public int tokens() {
    return grid() * grid();
  }

  /** Visible patches K. */
  public int keep() {
    return masking.keep(imageSize, patchSize());
  }

  /** Numbers in a patch, {@code 3 * P * P}. */
  public int patchWidth() {
    return CHANNELS * patchSize() * patchSize();
  }

  /** What is predicted, head by head. */
  public List<Output> outputs() {
    List<Output> outputs = new ArrayList<>();
    if (alignment != null) {
      for (int level = 0; level < alignment.levels(); level++) {
        outputs.add(new Output(1 + keep(), alignment.teacher().shape().width(), 0));
      }
      return outputs;
    }
    for (double scale : scales) {
      int cells = (int) (grid() * scale);
      int size = (int) (patchSize() / scale);
      outputs.add(new Output(cells * cells, target.width(size), size));
    }
    return outputs;
  }

  /** Cells a side at head k. */
  public int cellGrid(int head) {
    return (int) (grid() * scales.get(head));
  }

  /** Side of a cell at each head that reconstructs, pixels. */
  public List<Integer> cellSizes() {
    return scales.stream().map(scale -> (int) (patchSize() / scale)).toList();
  }

  private static void requireHeads(
      Method method,
      int imageSize,
      VitShape encoder,
      List<Integer> taps,
      List<Double> scales,
      List<Integer> fused,
      Decoder decoder) {
    requireWidth("model.decoder.width", decoder.width(), "model.decoder.heads", decoder.heads());
    require(
        decoder.depth() >= 1, "model.decoder.depth", decoder.depth(), "must be at least 1 block");
    require(
        method == Method.LOCALMIM || taps.equals(List.of(encoder.depth() - 1)),
        "model.taps",
        taps,
        "belongs to localmim and maskalign; " + method.key() + " decodes the last block alone");
    require(
        taps.size() == scales.size(),
        "model.taps",
        taps,
        "must have one scale each; model.scales is " + scales);
    if (method == Method.MFF) {
      requireBlocks("model.fused", fused, encoder.depth());
      require(
          fused.size() > 1 && fused.get(fused.size() - 1) == encoder.depth() - 1,
          "model.fused",
          fused,
          "must name earlier blocks and, last, block " + (encoder.depth() - 1));
    }
    int grid = imageSize / encoder.patchSize();
    int patchSize = encoder.patchSize();
    for (double scale : scales) {
      require(SCALES.contains(scale), "model.scales", scale, "is not one of 4, 2, 1, 0.5");
      require(
          patchSize / scale == Math.rint(patchSize / scale),
          "model.scales",
          scale,
          "does not divide patches of " + patchSize + " pixels into whole cells");
      require(
          scale >= 1 || grid % 2 == 0,
          "model.scales",
          scale,
          "needs an even number of patches a side, and there are "
              + grid
              + "; change model.image-size or the scale");
    }
    require(
        scales.stream().noneMatch(s -> s == 4.0 && decoder.width() % 4 != 0)
            && scales.stream().noneMatch(s -> s == 2.0 && decoder.width() % 2 != 0),
        "model.decoder.width",
        decoder.width(),
        "must be a multiple of 4, because the head of scale 4 halves it twice");
  }

  private static void requireSwin(
      Method method,
      int imageSize,
      SwinShape shape,
      List<Integer> taps,
      List<Double> scales,
      Decoder decoder,
      MaskSpec masking) {
    require(
        method == Method.LOCALMIM,
        "model.method",
        method.key(),
        "has no Swin encoder: of the published methods only localmim has; choose a model.arch that"
            + " starts with vit");
    SwinGrid grid = new SwinGrid(shape, imageSize);
    require(
        taps.equals(LocalMimSwin.taps(grid)) && scales.equals(LocalMimSwin.scales(grid)),
        "model.taps",
        taps,
        "must be auto for a Swin, and model.scales too: each of its "
            + shape.stages()
            + " stages reconstructs at its own scale");
    require(
        masking.strategy() == MaskSpec.Strategy.UNITS && masking.unit() == shape.unit(),
        "model.masking.strategy",
        masking.strategy().key(),
        "must be units of "
            + shape.unit()
            + " pixels for a Swin, which merges tokens within units");
    requireWidth("model.decoder.width", decoder.width(), "model.decoder.heads", decoder.heads());
    require(
        decoder.width() % 8 == 0 && decoder.width() / 2 % decoder.heads() == 0,
        "model.decoder.width",
        decoder.width(),
        "must be a multiple of 8 and of twice model.decoder.heads = "
            + decoder.heads()
            + ", because the first decoder of a Swin is half as wide");
  }

  private static void requireBlocks(String key, List<Integer> blocks, int depth) {
    require(!blocks.isEmpty(), key, blocks, "must name at least one block");
    for (int k = 0; k < blocks.size(); k++) {
      require(
          blocks.get(k) >= 0 && blocks.get(k) < depth,
          key,
          blocks,
          "must lie between 0 and depth - 1 = " + (depth - 1));
      require(
          k == 0 || blocks.get(k) > blocks.get(k - 1),
          key,
          blocks,
          "must ascend; give " + key + " for an encoder of " + depth + " blocks");
    }
  }

  private static String nearestMultiples(int size, int patch) {
    int below = Math.max(1, size / patch) * patch;
    return below + " and " + (below + patch);
  }
}
