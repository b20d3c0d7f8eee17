package org.sparkmim.model.method;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueType;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.sparkmim.model.ModelException;

/**
 * Everything that fixes the shapes of a network.
 *
 * @param method {@code localmim}
 * @param imageSize side of the square input, pixels
 * @param patchSize side of a patch, pixels
 * @param width encoder width D
 * @param depth encoder blocks
 * @param heads encoder heads
 * @param mlpRatio hidden width of a block's MLP over D
 * @param taps encoder blocks, from 0, whose output is reconstructed; ascending
 * @param scales for each tap, cells per patch side: 4, 2, 1 or 0.5
 * @param decoder each tap's decoder
 * @param maskRatio share of hidden patches
 * @param hogBins orientation bins over 180 degrees
 */
public record ModelSpec(
    String method,
    int imageSize,
    int patchSize,
    int width,
    int depth,
    int heads,
    double mlpRatio,
    List<Integer> taps,
    List<Double> scales,
    Decoder decoder,
    double maskRatio,
    int hogBins)
    implements Serializable {

  /** Colour channels of an image. */
  public static final int CHANNELS = 3;

  private static final List<Double> SCALES = List.of(4.0, 2.0, 1.0, 0.5);

  /**
   * A light decoder: transformer blocks on the full grid.
   *
   * @param width token width d
   * @param depth blocks
   * @param heads attention heads
   */
  public record Decoder(int width, int depth, int heads) implements Serializable {}

  /** Checks every size; a wrong one is a {@link ModelException}. */
  public ModelSpec {
    taps = List.copyOf(taps);
    scales = List.copyOf(scales);
    require(
        method.equals("localmim"),
        "model.method",
        method,
        "is not supported yet; supported: localmim");
    require(patchSize >= 1, "model.patch-size", patchSize, "must be at least 1 pixel");
    require(
        imageSize >= patchSize && imageSize % patchSize == 0,
        "model.image-size",
        imageSize,
        "must be a multiple of model.patch-size = "
            + patchSize
            + "; the nearest are "
            + nearestMultiples(imageSize, patchSize));
    requireWidth("model.width", width, "model.heads", heads);
    require(depth >= 1, "model.depth", depth, "must be at least 1 block");
    require(
        mlpRatio > 0 && width * mlpRatio == Math.rint(width * mlpRatio),
        "model.mlp-ratio",
        mlpRatio,
        "must give a whole number of hidden units for width " + width);
    requireWidth("model.decoder.width", decoder.width(), "model.decoder.heads", decoder.heads());
    require(
        decoder.depth() >= 1, "model.decoder.depth", decoder.depth(), "must be at least 1 block");
    requireTaps(taps, scales, depth);
    int grid = imageSize / patchSize;
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
    require(
        maskRatio > 0 && maskRatio < 1,
        "model.mask-ratio",
        maskRatio,
        "must lie between 0 and 1, both excluded; the papers use 0.75");
    int kept = keep(grid * grid, maskRatio);
    require(
        kept >= 1 && kept < grid * grid,
        "model.mask-ratio",
        maskRatio,
        "leaves " + kept + " of " + grid * grid + " patches visible; at least 1 must be, not all");
    require(hogBins >= 1 && hogBins <= 64, "model.hog.bins", hogBins, "must lie between 1 and 64");
  }

  /** Reads and checks the section {@code mim.model}. */
  public static ModelSpec from(Config model) {
    String arch = model.getString("arch");
    VitArch preset =
        Arrays.stream(VitArch.values()).filter(a -> a.key().equals(arch)).findFirst().orElse(null);
    require(
        preset != null || arch.equals("custom"),
        "model.arch",
        arch,
        "is not one of "
            + Arrays.stream(VitArch.values()).map(VitArch::key).collect(Collectors.joining(", "))
            + ", custom");
    int depth = size(model, "depth", preset == null ? null : preset.depth());
    return new ModelSpec(
        model.getString("method"),
        model.getInt("image-size"),
        model.getInt("patch-size"),
        size(model, "width", preset == null ? null : preset.width()),
        depth,
        size(model, "heads", preset == null ? null : preset.heads()),
        model.getDouble("mlp-ratio"),
        isAuto(model, "taps") ? officialTaps(depth) : model.getIntList("taps"),
        model.getDoubleList("scales"),
        new Decoder(
            model.getInt("decoder.width"),
            model.getInt("decoder.depth"),
            model.getInt("decoder.heads")),
        model.getDouble("mask-ratio"),
        model.getInt("hog.bins"));
  }

  /** The taps of the published code: 1, 3, depth-3, depth-1. */
  public static List<Integer> officialTaps(int depth) {
    return List.of(1, 3, depth - 3, depth - 1);
  }

  /** One line of JSON from which {@link #fromJson} makes an equal spec. */
  public String toJson() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("method", method);
    keys.put("arch", "custom");
    keys.put("image-size", imageSize);
    keys.put("patch-size", patchSize);
    keys.put("width", width);
    keys.put("depth", depth);
    keys.put("heads", heads);
    keys.put("mlp-ratio", mlpRatio);
    keys.put("taps", taps);
    keys.put("scales", scales);
    keys.put(
        "decoder",
        Map.of("width", decoder.width(), "depth", decoder.depth(), "heads", decoder.heads()));
    keys.put("mask-ratio", maskRatio);
    keys.put("hog", Map.of("bins", hogBins));
    return ConfigFactory.parseMap(keys).root().render(ConfigRenderOptions.concise());
  }

  /** Reads {@link #toJson()}. */
  public static ModelSpec fromJson(String json) {
    return from(ConfigFactory.parseString(json));
  }

  /** Patches a side. */
  public int grid() {
    return imageSize / patchSize;
  }

  /** Patches L of an image. */
  public int tokens() {
    return grid() * grid();
  }

  /** Visible patches K: {@code (int) (L * (1 - ratio))} in double precision. */
  public int keep() {
    return keep(tokens(), maskRatio);
  }

  /** Numbers in a patch, {@code 3 * P * P}. */
  public int patchWidth() {
    return CHANNELS * patchSize * patchSize;
  }

  /** Numbers in a target or prediction: bins of each colour channel. */
  public int targetWidth() {
    return CHANNELS * hogBins;
  }

  /** Cells a side at tap k. */
  public int cellGrid(int tap) {
    return (int) (grid() * scales.get(tap));
  }

  /** Side of a cell at each tap, pixels. */
  public List<Integer> cellSizes() {
    List<Integer> sizes = new ArrayList<>();
    for (double scale : scales) {
      sizes.add((int) (patchSize / scale));
    }
    return sizes;
  }

  private static int keep(int tokens, double ratio) {
    return (int) (tokens * (1 - ratio));
  }

  private static void requireTaps(List<Integer> taps, List<Double> scales, int depth) {
    require(!taps.isEmpty(), "model.taps", taps, "must name at least one block");
    require(
        taps.size() == scales.size(),
        "model.taps",
        taps,
        "must have one scale each; model.scales is " + scales);
    for (int k = 0; k < taps.size(); k++) {
      require(
          taps.get(k) >= 0 && taps.get(k) < depth,
          "model.taps",
          taps,
          "must lie between 0 and depth - 1 = " + (depth - 1));
      require(
          k == 0 || taps.get(k) > taps.get(k - 1),
          "model.taps",
          taps,
          "must ascend; give model.taps for an encoder of " + depth + " blocks");
    }
  }

  private static void requireWidth(String key, int width, String headsKey, int heads) {
    require(heads >= 1, headsKey, heads, "must be at least 1");
    require(
        width >= 4 && width % 4 == 0,
        key,
        width,
        "must be a multiple of 4, because positions take a quarter each for sine and cosine");
    require(width % heads == 0, headsKey, heads, "must divide " + key + " = " + width);
  }

  private static String nearestMultiples(int size, int patch) {
    int below = Math.max(1, size / patch) * patch;
    return below + " and " + (below + patch);
  }

  private static boolean isAuto(Config model, String key) {
    return model.getValue(key).valueType() == ConfigValueType.STRING
        && model.getString(key).equals("auto");
  }

  private static int size(Config model, String key, Integer preset) {
    if (!isAuto(model, key)) {
      return model.getInt(key);
    }
    require(preset != null, "model." + key, "auto", "must be a number when model.arch is custom");
    return preset;
  }

  private static void require(boolean holds, String key, Object value, String rule) {
    if (!holds) {
      throw new ModelException(
          ModelException.Kind.ARGUMENT, String.format("%s = %s %s.", key, value, rule));
    }
  }
}
