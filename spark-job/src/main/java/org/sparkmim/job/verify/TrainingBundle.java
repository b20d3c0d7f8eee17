package org.sparkmim.job.verify;

import java.util.List;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;

/** A bundle of a method's training on ViT, read as the model and the data pipeline want it. */
abstract class TrainingBundle extends ParameterBundle {
  /** Attention scores of a batch; bundles are toys, and a forged one must not fill the memory. */
  private static final long MOST_SCORES = 1L << 28;

  private final ModelSpec spec;
  private final float[] images;

  /** What one step is fed with. */
  record Step(
      float[] patches, int[] keepIds, int[] restoreIds, float[][] targets, float[][] weights) {}

  TrainingBundle(GoldenBundle bundle) {
    super(bundle);
    GoldenConfig config = bundle.config();
    config.requireNumber("in_chans", ModelSpec.CHANNELS);
    config.requireNumber("ln_eps", 1e-6);
    config.requireNumber("drop_path", 0);
    config.requireTrue("qkv_bias");
    requireRoom(config);
    try {
      spec = spec(config, encoder(config));
    } catch (ModelException e) {
      throw bundle.refusal("its model cannot be built: " + e.getMessage());
    }
    images = bundle.floats("input/images", batch(), ModelSpec.CHANNELS, size(), size());
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

  /** The model that the config describes. */
  abstract ModelSpec spec(GoldenConfig config, VitShape encoder);

  /** Attention heads other than the encoder's; the most of them. */
  abstract int otherHeads(GoldenConfig config);

  /** Tensors of the last block of each kind: they show that the config does not exaggerate. */
  abstract List<String> lastTensors(GoldenConfig config);

  /** What step {@code step} is fed with, from its noise. */
  abstract Step step(int step);

  /** Compares what only bundles of this kind hold. */
  abstract void compareOwn(Step first, EngineSpec engine, List<TensorCheck> checks);

  ModelSpec spec() {
    return spec;
  }

  /** The numbers that step {@code step} ranks the tokens of image {@code b} by. */
  float[] noise(int step, int b) {
    int tokens = spec.tokens();
    float[] all = bundle.floats("input/noise_steps", steps(), batch(), tokens);
    float[] own = new float[tokens];
    System.arraycopy(all, (step * batch() + b) * tokens, own, 0, tokens);
    for (float number : own) {
      if (Float.isNaN(number)) {
        throw bundle.refusal("tensor input/noise_steps holds NaN, which cannot be ranked");
      }
    }
    return own;
  }

  /** 1 where a token is hidden {@code [B, L]}. */
  float[] hidden(int[] restoreIds) {
    float[] hidden = new float[restoreIds.length];
    for (int t = 0; t < hidden.length; t++) {
      hidden[t] = restoreIds[t] < spec.keep() ? 0 : 1;
    }
    return hidden;
  }

  float[] image(int index) {
    float[] image = new float[ModelSpec.CHANNELS * size() * size()];
    System.arraycopy(images, index * image.length, image, 0, image.length);
    return image;
  }

  /** The patches of those tokens, in that order, each as (channel, row, column). */
  float[] patches(int[] keepIds) {
    int keep = keepIds.length / batch();
    int side = spec.patchSize();
    float[] patches = new float[keepIds.length * spec.patchWidth()];
    int to = 0;
    for (int b = 0; b < batch(); b++) {
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

  int size() {
    return spec.imageSize();
  }

  private VitShape encoder(GoldenConfig config) {
    return new VitShape(
        patchSize(),
        config.integer("embed_dim"),
        config.integer("depth"),
        config.integer("num_heads"),
        config.number("mlp_ratio"));
  }

  private int patchSize() {
    if (bundle.config().has("patch_size")) {
      return bundle.config().integer("patch_size");
    }
    String projection = "param/" + official("patch_embed.proj.weight");
    List<Long> kernel = bundle.shape(projection);
    if (kernel.size() != 4) {
      throw bundle.refusal("its patch projection has shape " + kernel);
    }
    return Math.toIntExact(kernel.get(3));
  }

  /** Holds the sizes in the config against the tensors before anything is built by them. */
  private void requireRoom(GoldenConfig config) {
    long tokens = bundle.shape("input/noise").stream().reduce(1L, (a, b) -> a * b) / batch();
    requireShape("input/noise", batch(), tokens);
    requireShape("param/" + official("pos_embed"), 1, 1 + tokens, config.integer("embed_dim"));
    requireShape("input/noise_steps", config.integer("steps"), batch(), tokens);
    requireShape(
        "input/images", batch(), config.integer("in_chans"), imageSide(config), imageSide(config));
    lastTensors(config).forEach(tensor -> bundle.shape("param/" + official(tensor)));
    bundle.shape("param/" + official("blocks." + (config.integer("depth") - 1) + ".norm1.weight"));
    long heads = Math.max(config.integer("num_heads"), otherHeads(config));
    double scores = (double) batch() * heads * (tokens + 1.0) * (tokens + 1.0);
    if (scores > MOST_SCORES) {
      throw bundle.refusal(
          "a batch of " + batch() + " with " + tokens + " tokens is too large to verify");
    }
  }

  private static int imageSide(GoldenConfig config) {
    return config.integer("img_size");
  }

  private void requireShape(String tensor, long... shape) {
    bundle.requireShape(tensor, shape);
  }
}
