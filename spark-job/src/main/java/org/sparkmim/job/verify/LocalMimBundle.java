package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.sparkmim.data.order.Masking;
import org.sparkmim.data.target.Hog;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.Optimizer;

/** A bundle of LocalMIM on ViT, read as the model and the data pipeline want it. */
final class LocalMimBundle {
  /** Attention scores of a batch; bundles are toys, and a forged one must not fill the memory. */
  private static final long MOST_SCORES = 1L << 28;

  private final GoldenBundle bundle;
  private final ModelSpec spec;
  private final int batch;
  private final float[] images;

  /** What one step is fed with, beside the targets, which are the same at every step. */
  record Step(
      float[] patches, int[] keepIds, int[] restoreIds, float[] hidden, float[][] weights) {}

  LocalMimBundle(GoldenBundle bundle) {
    this.bundle = bundle;
    GoldenConfig config = bundle.config();
    batch = config.integer("batch");
    requireBuiltIns(config);
    requireRoom(config);
    spec = spec(bundle);
    images = bundle.floats("input/images", batch, ModelSpec.CHANNELS, size(), size());
    if (config.integer("len_keep") != spec.keep()) {
      throw bundle.refusal(
          "it keeps "
              + config.integer("len_keep")
              + " tokens, and the mask ratio "
              + spec.masking().ratio()
              + " keeps "
              + spec.keep());
    }
  }

  ModelSpec spec() {
    return spec;
  }

  int batch() {
    return batch;
  }

  /** Updates in the loss curve. */
  int steps() {
    return bundle.config().integer("steps");
  }

  double learningRate() {
    return bundle.config().number("optimizer.lr");
  }

  Optimizer.AdamW optimizer() {
    GoldenConfig config = bundle.config();
    if (!config.text("optimizer.type").equals("AdamW")) {
      throw bundle.refusal(
          "its optimiser is " + config.text("optimizer.type") + ", and only AdamW is supported");
    }
    List<Double> betas = config.numbers("optimizer.betas");
    if (betas.size() != 2) {
      throw bundle.refusal("its config has optimizer.betas = " + betas + " where two belong");
    }
    return new Optimizer.AdamW(
        betas.get(0),
        betas.get(1),
        config.number("optimizer.eps"),
        config.number("optimizer.weight_decay"));
  }

  /** A tensor {@code prefix + name} of a parameter, of that parameter's shape. */
  float[] parameter(String prefix, ParameterLayout.Entry entry) {
    return bundle.floats(
        prefix + entry.name(), entry.shape().stream().mapToLong(Integer::longValue).toArray());
  }

  /** Refuses a bundle whose parameters are not those of the model. */
  void requireParameters(ParameterLayout layout, TreeSet<String> fixed) {
    TreeSet<String> theirs = new TreeSet<>(bundle.under("param/"));
    TreeSet<String> ours = new TreeSet<>(fixed);
    layout.entries().forEach(entry -> ours.add(entry.name()));
    TreeSet<String> unknown = new TreeSet<>(theirs);
    unknown.removeAll(ours);
    ours.removeAll(theirs);
    if (!unknown.isEmpty() || !ours.isEmpty()) {
      throw bundle.refusal(
          "its parameters are not those of the model: the model lacks "
              + unknown
              + ", the bundle lacks "
              + ours);
    }
  }

  /** HOG targets by tap, {@code [B, cells, 3*bins]}. */
  float[][] targets() {
    int taps = spec.taps().size();
    float[][] targets = new float[taps][];
    for (int k = 0; k < taps; k++) {
      int perImage = spec.cellGrid(k) * spec.cellGrid(k) * spec.outputs().get(k).width();
      targets[k] = new float[batch * perImage];
    }
    for (int b = 0; b < batch; b++) {
      float[][] ofImage = hog(image(b));
      for (int k = 0; k < taps; k++) {
        System.arraycopy(ofImage[k], 0, targets[k], b * ofImage[k].length, ofImage[k].length);
      }
    }
    return targets;
  }

  /** What step {@code step} is fed with, from its noise. */
  Step step(int step) {
    int tokens = spec.tokens();
    int keep = spec.keep();
    float[] noise = bundle.floats("input/noise_steps", steps(), batch, tokens);
    int[] keepIds = new int[batch * keep];
    int[] restoreIds = new int[batch * tokens];
    float[] hidden = new float[batch * tokens];
    float[][] weights = new float[spec.taps().size()][];
    for (int k = 0; k < weights.length; k++) {
      weights[k] = new float[batch * spec.cellGrid(k) * spec.cellGrid(k)];
    }
    for (int b = 0; b < batch; b++) {
      float[] own = new float[tokens];
      System.arraycopy(noise, (step * batch + b) * tokens, own, 0, tokens);
      requireNumbers(own);
      Masking.Mask mask = Masking.rank(own, keep);
      System.arraycopy(mask.keepIds(), 0, keepIds, b * keep, keep);
      System.arraycopy(mask.restoreIds(), 0, restoreIds, b * tokens, tokens);
      for (int t = 0; t < tokens; t++) {
        hidden[b * tokens + t] = mask.restoreIds()[t] < keep ? 0 : 1;
      }
      for (int k = 0; k < weights.length; k++) {
        float[] cells = Masking.cellWeights(mask, spec.grid(), spec.scales().get(k));
        System.arraycopy(cells, 0, weights[k], b * cells.length, cells.length);
      }
    }
    return new Step(patches(keepIds), keepIds, restoreIds, hidden, weights);
  }

  private void requireNumbers(float[] noise) {
    for (float number : noise) {
      if (Float.isNaN(number)) {
        throw bundle.refusal("tensor input/noise_steps holds NaN, which cannot be ranked");
      }
    }
  }

  private float[][] hog(float[] image) {
    int[] cellSizes = spec.cellSizes().stream().mapToInt(Integer::intValue).toArray();
    if (!bundle.config().flag("hog_bias")) {
      return Hog.pyramid(image, size(), size(), cellSizes, spec.target().bins());
    }
    float[][] targets = new float[cellSizes.length][];
    for (int k = 0; k < cellSizes.length; k++) {
      float[] bias = bundle.floats("param/hog_enc." + k + ".conv.bias", 2);
      targets[k] =
          Hog.cells(image, size(), size(), cellSizes[k], spec.target().bins(), bias[0], bias[1]);
    }
    return targets;
  }

  private float[] image(int index) {
    float[] image = new float[ModelSpec.CHANNELS * size() * size()];
    System.arraycopy(images, index * image.length, image, 0, image.length);
    return image;
  }

  /** Visible patches in rank order, each as (channel, row, column). */
  private float[] patches(int[] keepIds) {
    int keep = spec.keep();
    int side = spec.patchSize();
    float[] patches = new float[batch * keep * spec.patchWidth()];
    int to = 0;
    for (int b = 0; b < batch; b++) {
      for (int i = 0; i < keep; i++) {
        int row = keepIds[b * keep + i] / spec.grid() * side;
        int column = keepIds[b * keep + i] % spec.grid() * side;
        for (int c = 0; c < ModelSpec.CHANNELS; c++) {
          for (int y = 0; y < side; y++) {
            int from = ((b * ModelSpec.CHANNELS + c) * size() + row + y) * size() + column;
            System.arraycopy(images, from, patches, to, side);
            to += side;
          }
        }
      }
    }
    return patches;
  }

  private int size() {
    return spec.imageSize();
  }

  private static ModelSpec spec(GoldenBundle bundle) {
    GoldenConfig config = bundle.config();
    ModelSpec spec;
    try {
      spec =
          ModelSpec.localMim(
              config.integer("img_size"),
              new VitShape(
                  patchSize(bundle),
                  config.integer("embed_dim"),
                  config.integer("depth"),
                  config.integer("num_heads"),
                  config.number("mlp_ratio")),
              config.integers("taps"),
              config.numbers("scales"),
              new ModelSpec.Decoder(
                  config.integer("decoder_embed_dim"),
                  config.integer("decoder_depth"),
                  config.integer("decoder_num_heads")),
              config.number("mask_ratio"),
              config.integer("hog_nbins"));
    } catch (ModelException e) {
      throw bundle.refusal("its model cannot be built: " + e.getMessage());
    }
    if (!config.integers("hog_pools").equals(spec.cellSizes())) {
      throw bundle.refusal(
          "its HOG cells are "
              + config.integers("hog_pools")
              + " pixels, and patches and scales make them "
              + spec.cellSizes());
    }
    return spec;
  }

  private static int patchSize(GoldenBundle bundle) {
    if (bundle.config().has("patch_size")) {
      return bundle.config().integer("patch_size");
    }
    List<Long> kernel = bundle.shape("param/patch_embed.proj.weight");
    if (kernel.size() != 4) {
      throw bundle.refusal("param/patch_embed.proj.weight has shape " + kernel);
    }
    return Math.toIntExact(kernel.get(3));
  }

  private static void requireBuiltIns(GoldenConfig config) {
    config.requireNumber("in_chans", ModelSpec.CHANNELS);
    config.requireNumber("ln_eps", 1e-6);
    config.requireNumber("channel_ln_eps", 1e-6);
    config.requireNumber("hog_normalize_eps", 1e-12);
    config.requireNumber("drop_path", 0);
    config.requireTrue("qkv_bias");
  }

  /** Holds the sizes in the config against the tensors before anything is built by them. */
  private void requireRoom(GoldenConfig config) {
    long tokens = bundle.shape("input/noise").stream().reduce(1L, (a, b) -> a * b) / batch;
    requireShape("input/noise", batch, tokens);
    requireShape("param/pos_embed", 1, 1 + tokens, config.integer("embed_dim"));
    requireShape("param/decoder.0.pos_embed", 1, 1 + tokens, config.integer("decoder_embed_dim"));
    requireShape("input/noise_steps", config.integer("steps"), batch, tokens);
    requireShape(
        "input/images", batch, config.integer("in_chans"), imageSide(config), imageSide(config));
    List<String> last = new ArrayList<>();
    last.add("param/blocks." + (config.integer("depth") - 1) + ".norm1.weight");
    last.add("param/decoder.0.blocks." + (config.integer("decoder_depth") - 1) + ".norm1.weight");
    last.forEach(bundle::shape);
    long heads = Math.max(config.integer("num_heads"), config.integer("decoder_num_heads"));
    double scores = (double) batch * heads * (tokens + 1.0) * (tokens + 1.0);
    if (scores > MOST_SCORES) {
      throw bundle.refusal(
          "a batch of " + batch + " with " + tokens + " tokens is too large to verify");
    }
  }

  private static int imageSide(GoldenConfig config) {
    return config.integer("img_size");
  }

  private void requireShape(String tensor, long... shape) {
    bundle.requireShape(tensor, shape);
  }
}
