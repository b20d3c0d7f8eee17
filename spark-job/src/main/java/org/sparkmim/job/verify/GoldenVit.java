package org.sparkmim.job.verify;

import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;

/**
 * A ViT on whole images as a bundle describes it. Every size in the config is held against a tensor
 * before anything is built by it.
 *
 * @param imageSize side of the images, pixels
 */
record GoldenVit(GoldenBundle bundle, int batch, int imageSize, VitShape shape, int classes) {
  /** Attention scores of a batch; bundles are toys, and a forged one must not fill the memory. */
  private static final double MOST_SCORES = 1L << 28;

  /**
   * Reads and checks the sizes.
   *
   * @param head name of the head's weight
   */
  static GoldenVit of(GoldenBundle bundle, String head) {
    GoldenConfig config = bundle.config();
    config.requireNumber("in_chans", ModelSpec.CHANNELS);
    config.requireNumber("ln_eps", 1e-6);
    config.requireTrue("qkv_bias");
    int batch = config.integer("batch");
    int size = config.integer("img_size");
    int width = config.integer("embed_dim");
    int depth = config.integer("depth");
    int patch = config.integer("patch_size");
    double mlp = config.number("mlp_ratio");
    int classes = config.integer("num_classes");
    bundle.requireShape("input/images", batch, ModelSpec.CHANNELS, size, size);
    bundle.requireShape("input/labels", batch);
    bundle.requireShape("param/patch_embed.proj.weight", width, ModelSpec.CHANNELS, patch, patch);
    long grid = size / patch;
    bundle.requireShape("param/pos_embed", 1, 1 + grid * grid, width);
    bundle.requireShape("param/blocks." + (depth - 1) + ".norm1.weight", width);
    bundle.requireShape("param/blocks.0.mlp.fc1.weight", (long) (width * mlp), width);
    bundle.requireShape("param/" + head, classes, width);
    int heads = config.integer("num_heads");
    if ((double) batch * heads * (grid * grid + 1.0) * (grid * grid + 1.0) > MOST_SCORES) {
      throw bundle.refusal(
          "a batch of " + batch + " with " + grid * grid + " tokens is too large to verify");
    }
    return new GoldenVit(
        bundle, batch, size, new VitShape(patch, width, depth, heads, mlp), classes);
  }

  /** All patches of all images in raster order, each as (channel, row, column). */
  float[] patches() {
    float[] images = bundle.floats("input/images", batch, ModelSpec.CHANNELS, imageSize, imageSize);
    int side = shape.patchSize();
    int grid = imageSize / side;
    float[] patches = new float[images.length];
    int to = 0;
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < grid * grid; t++) {
        for (int c = 0; c < ModelSpec.CHANNELS; c++) {
          for (int y = 0; y < side; y++) {
            int row = (b * ModelSpec.CHANNELS + c) * imageSize + t / grid * side + y;
            System.arraycopy(images, row * imageSize + t % grid * side, patches, to, side);
            to += side;
          }
        }
      }
    }
    return patches;
  }

  int[] labels() {
    int[] labels = bundle.ints("input/labels", batch);
    for (int label : labels) {
      if (label < 0 || label >= classes) {
        throw bundle.refusal(
            "tensor input/labels holds " + label + " where 0 to " + (classes - 1) + " belong");
      }
    }
    return labels;
  }
}
