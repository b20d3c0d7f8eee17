package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkmim.data.target.GradientBias;
import org.sparkmim.data.target.Hog;
import org.sparkmim.data.target.TargetKind;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;

/**
 * Compares HOG targets with the published layer on 8-bit photographs.
 *
 * <p>On normalised pictures the published layer depends on rounding wherever the horizontal
 * difference is exactly zero; the bundle says for each cell and colour how much that can move it
 * (slack), and only what goes beyond counts. On the integers themselves there is no rounding.
 *
 * <p>The data pipeline is compared, and beside it an engine that makes such targets itself.
 */
final class HogVerification {
  private static final int CHANNELS = 3;
  private static final int BIASED_BINS = 18;

  private final GoldenBundle bundle;
  private final EngineSpec engine;
  private final List<TensorCheck> checks = new ArrayList<>();
  private final int batch;
  private final int size;
  private final int bins;
  private final int[] cellSizes;

  private HogVerification(GoldenBundle bundle, EngineSpec engine) {
    this.bundle = bundle;
    this.engine = engine;
    GoldenConfig config = bundle.config();
    batch = config.integer("batch");
    size = config.integer("img_size");
    bins = config.integer("hog_nbins");
    cellSizes = config.integers("hog_pools").stream().mapToInt(Integer::intValue).toArray();
    config.requireNumber("hog_normalize_eps", 1e-12);
    for (int cell : cellSizes) {
      if (cell < 1 || size < 2 || size % cell != 0) {
        throw bundle.refusal("cells of " + cell + " pixels do not tile images of " + size);
      }
    }
  }

  /** All comparisons. */
  static List<TensorCheck> run(GoldenBundle bundle, EngineSpec engine) {
    HogVerification verification = new HogVerification(bundle, engine);
    verification.run();
    return verification.checks;
  }

  private void run() {
    byte[] pixels = bundle.bytes("input/images_u8", batch, CHANNELS, size, size);
    float[] normalised = normalised(pixels);
    corner(normalised);
    debug(pixels);
    byte[][] integerImages = new byte[batch][];
    float[][] images = new float[batch][];
    int perImage = CHANNELS * size * size;
    for (int b = 0; b < batch; b++) {
      integerImages[b] = Arrays.copyOfRange(pixels, b * perImage, (b + 1) * perImage);
      images[b] = Arrays.copyOfRange(normalised, b * perImage, (b + 1) * perImage);
    }
    float[][][] fromFloats = new float[batch][][];
    float[][][] fromIntegers = new float[batch][][];
    for (int b = 0; b < batch; b++) {
      fromFloats[b] = Hog.pyramid(images[b], size, size, cellSizes, bins);
      fromIntegers[b] = Hog.pyramid(integerImages[b], size, size, cellSizes, bins);
    }
    for (int k = 0; k < cellSizes.length; k++) {
      float[] yours = level(fromFloats, k);
      beyondSlack("hog64/" + k, yours, "slack/" + k, k, bins);
      beyondSlack("hog32/" + k, yours, "slack/" + k, k, bins);
      integers("hog_int/" + k, level(fromIntegers, k));
    }
    biased(images);
    if (engine.canMakeTargets()) {
      onEngine(pixels);
    }
    bundle.notAsked().forEach(name -> checks.add(new TensorCheck(Group.NOT_COMPARED, name, 1)));
  }

  private float[] normalised(byte[] pixels) {
    List<Double> mean = bundle.config().numbers("mean");
    List<Double> std = bundle.config().numbers("std");
    if (mean.size() != CHANNELS || std.size() != CHANNELS) {
      throw bundle.refusal("its config has mean " + mean + " and std " + std + " for 3 colours");
    }
    float[] values = new float[pixels.length];
    for (int i = 0; i < values.length; i++) {
      int channel = i / (size * size) % CHANNELS;
      float m = mean.get(channel).floatValue();
      values[i] = ((pixels[i] & 0xff) / 255f - m) / std.get(channel).floatValue();
    }
    return values;
  }

  /** The first pixels show whether normalisation itself is the same. */
  private void corner(float[] normalised) {
    int side = 4;
    float[] yours = new float[batch * CHANNELS * side * side];
    for (int i = 0; i < yours.length; i++) {
      int plane = i / (side * side);
      int y = i / side % side;
      yours[i] = normalised[(plane * size + y) * size + i % side];
    }
    float[] theirs = bundle.floats("input/images_corner", batch, CHANNELS, side, side);
    double error = Distance.relative(yours, theirs);
    checks.add(new TensorCheck(Group.HOG_INTEGER, "input/images_corner", error));
  }

  /**
   * Gradient and bin of single pixels, where a mistake shows without the pooling over it. Cells of
   * one pixel have their bin as the only entry.
   */
  private void debug(byte[] pixels) {
    int side = 32;
    float[] cells = Hog.pyramid(firstImage(pixels), size, size, new int[] {1}, bins)[0];
    int[] yours = new int[side * side];
    float[] a = new float[side * side];
    float[] b = new float[side * side];
    for (int i = 0; i < yours.length; i++) {
      int y = i / side;
      int x = i % side;
      int cell = (y * size + x) * CHANNELS * bins;
      for (int bin = 0; bin < bins; bin++) {
        yours[i] = cells[cell + bin] > 0 ? bin : yours[i];
      }
      for (int d = -1; d <= 1; d++) {
        int weight = 2 - Math.abs(d);
        a[i] += weight * (pixel(pixels, y + d, x - 1) - pixel(pixels, y + d, x + 1));
        b[i] += weight * (pixel(pixels, y - 1, x + d) - pixel(pixels, y + 1, x + d));
      }
    }
    exact("debug/a", Distance.differing(a, bundle.floats("debug/a", side, side)));
    exact("debug/b", Distance.differing(b, bundle.floats("debug/b", side, side)));
    exact("debug/bin", Distance.differing(yours, bundle.ints("debug/bin", side, side)));
  }

  /** Red value of the first image, mirrored at the upper and left edge. */
  private int pixel(byte[] pixels, int y, int x) {
    return pixels[Math.abs(y) * size + Math.abs(x)] & 0xff;
  }

  private void exact(String name, int differing) {
    checks.add(new TensorCheck(Group.INDICES, name, differing));
  }

  private byte[] firstImage(byte[] pixels) {
    return Arrays.copyOf(pixels, CHANNELS * size * size);
  }

  private void beyondSlack(String name, float[] yours, String slackName, int level, int bins) {
    beyondSlack(name, name, yours, slackName, level, bins);
  }

  private void beyondSlack(
      String title, String name, float[] yours, String slackName, int level, int bins) {
    int cells = cells(level);
    float[] theirs = bundle.floats(name, batch, cells, CHANNELS * bins);
    float[] slack = bundle.floats(slackName, batch, cells, CHANNELS);
    double worst = 0;
    for (int i = 0; i < slack.length; i++) {
      double square = 0;
      for (int j = i * bins; j < (i + 1) * bins; j++) {
        double d = (double) yours[j] - theirs[j];
        square += d * d;
      }
      // Math.max keeps a NaN, which then is a miss.
      worst = Math.max(worst, Math.sqrt(square) - slack[i]);
    }
    checks.add(new TensorCheck(Group.HOG, title, worst));
  }

  private void integers(String name, float[] yours) {
    integers(name, name, yours);
  }

  private void integers(String title, String name, float[] yours) {
    // The finest level is stored for fewer images than there are.
    long images = bundle.shape(name).isEmpty() ? 0 : bundle.shape(name).get(0);
    int perImage = yours.length / batch;
    if (images < 1 || images > batch) {
      throw bundle.refusal("tensor " + name + " has shape " + bundle.shape(name));
    }
    float[] theirs = bundle.values(name, (int) images * perImage);
    double error = Distance.relative(Arrays.copyOf(yours, theirs.length), theirs);
    checks.add(new TensorCheck(Group.HOG_INTEGER, title, error));
  }

  /** Twice the bins, with the frozen random offset that some published models add to gradients. */
  private void biased(float[][] images) {
    float[] bias = bundle.floats("input/bias18", 2);
    int twice = BIASED_BINS;
    for (int k = 0; k < cellSizes.length; k++) {
      String name = "hog18b/" + k;
      if (bundle.has(name)) {
        float[][] perImage = new float[batch][];
        for (int b = 0; b < batch; b++) {
          perImage[b] = Hog.cells(images[b], size, size, cellSizes[k], twice, bias[0], bias[1]);
        }
        beyondSlack(name, concatenated(perImage), "hog18b_slack/" + k, k, twice);
      }
    }
  }

  private void onEngine(byte[] pixels) {
    int taps = cellSizes.length;
    String title = " on " + engine.name();
    float[][] plain = targets(pixels, new TargetKind.HogCells(bins));
    float[] bias = bundle.floats("input/bias18", 2);
    List<GradientBias> biases = Collections.nCopies(taps, new GradientBias(bias[0], bias[1]));
    float[][] biased = targets(pixels, new TargetKind.HogCells(BIASED_BINS, biases));
    for (int k = 0; k < taps; k++) {
      String name = "hog_int/" + k;
      integers(name + title, name, plain[k]);
      name = "hog18b/" + k;
      if (bundle.has(name)) {
        beyondSlack(name + title, name, biased[k], "hog18b_slack/" + k, k, BIASED_BINS);
      }
    }
  }

  /** What a network of that engine, with heads for those cells, makes its targets. */
  private float[][] targets(byte[] pixels, TargetKind.HogCells kind) {
    int taps = cellSizes.length;
    int patch = 16;
    ModelSpec spec =
        ModelSpec.localMim(
            size,
            new VitShape(patch, 16, taps, 2, 1),
            IntStream.range(0, taps).boxed().toList(),
            Arrays.stream(cellSizes).mapToObj(cell -> (double) patch / cell).toList(),
            new ModelSpec.Decoder(16, 1, 2),
            0.75,
            kind.bins());
    float[] patches = new float[batch * spec.keep() * spec.patchWidth()];
    int[] keepIds = new int[batch * spec.keep()];
    int[] restoreIds = new int[batch * spec.tokens()];
    Arrays.setAll(restoreIds, i -> i % spec.tokens());
    try (Network network = Network.create(spec, engine, batch)) {
      network.makeTargets(kind.directions(taps));
      network.feed(patches, keepIds, restoreIds, pixels, new float[0][]);
      return IntStream.range(0, taps)
          .mapToObj(k -> network.read("target/" + k))
          .toArray(float[][]::new);
    }
  }

  private int cells(int level) {
    int grid = size / cellSizes[level];
    return grid * grid;
  }

  private static float[] level(float[][][] pyramids, int level) {
    float[][] parts = new float[pyramids.length][];
    for (int b = 0; b < parts.length; b++) {
      parts[b] = pyramids[b][level];
    }
    return concatenated(parts);
  }

  private static float[] concatenated(float[][] parts) {
    float[] whole = new float[parts.length * parts[0].length];
    for (int b = 0; b < parts.length; b++) {
      System.arraycopy(parts[b], 0, whole, b * parts[b].length, parts[b].length);
    }
    return whole;
  }
}
