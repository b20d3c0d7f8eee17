package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkmim.data.order.Masking;
import org.sparkmim.data.target.Hog;
import org.sparkmim.data.target.PixelTarget;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.FixedTensor;
import org.sparkmim.model.method.MaskSpec;
import org.sparkmim.model.method.Method;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.TargetSpec;
import org.sparkmim.model.method.VitShape;
import org.sparkmim.model.weights.WeightsFormat;

/** A bundle of a method that reconstructs hidden patches: LocalMIM, MAE or MFF. */
final class DecodedBundle extends TrainingBundle {
  private final float[][] targets;

  DecodedBundle(GoldenBundle bundle) {
    super(bundle);
    targets = targets();
  }

  @Override
  ModelSpec spec(GoldenConfig config, VitShape encoder) {
    boolean local = method() == Method.LOCALMIM;
    ModelSpec spec =
        new ModelSpec(
            method(),
            config.integer("img_size"),
            encoder,
            local ? config.integers("taps") : List.of(encoder.depth() - 1),
            local ? config.numbers("scales") : List.of(1.0),
            method() == Method.MFF ? config.integers("fused_blocks") : List.of(),
            new ModelSpec.Decoder(
                config.integer("decoder_embed_dim"),
                config.integer("decoder_depth"),
                config.integer("decoder_num_heads")),
            new MaskSpec(
                MaskSpec.Strategy.RANDOM, config.number("mask_ratio"), encoder.patchSize()),
            local ? hog(config) : pixels(config),
            null);
    if (local && !config.integers("hog_pools").equals(spec.cellSizes())) {
      throw bundle.refusal(
          "its HOG cells are "
              + config.integers("hog_pools")
              + " pixels, and patches and scales make them "
              + spec.cellSizes());
    }
    return spec;
  }

  private TargetSpec hog(GoldenConfig config) {
    config.requireNumber("channel_ln_eps", 1e-6);
    config.requireNumber("hog_normalize_eps", 1e-12);
    return new TargetSpec(
        TargetSpec.Kind.HOG, config.integer("hog_nbins"), config.flag("hog_bias"), true, 1);
  }

  private TargetSpec pixels(GoldenConfig config) {
    config.requireNumber("pixel_norm_eps", 1e-6);
    config.requireText("pixel_variance", "unbiased");
    return new TargetSpec(TargetSpec.Kind.PIXELS, 1, false, config.flag("norm_pix_loss"), 1);
  }

  private Method method() {
    String model = bundle.model();
    if (model.startsWith("localmim")) {
      return Method.LOCALMIM;
    }
    return model.startsWith("mff") ? Method.MFF : Method.MAE;
  }

  @Override
  String official(String parameter) {
    return method() == Method.MFF ? WeightsFormat.MMPRETRAIN.nameOf(parameter) : parameter;
  }

  @Override
  int otherHeads(GoldenConfig config) {
    return config.integer("decoder_num_heads");
  }

  @Override
  List<String> lastTensors(GoldenConfig config) {
    String block = (config.integer("decoder_depth") - 1) + ".norm1.weight";
    return List.of(
        method() == Method.LOCALMIM ? "decoder.0.blocks." + block : "decoder_blocks." + block);
  }

  @Override
  List<FixedTensor> fixed() {
    List<FixedTensor> fixed = new ArrayList<>(spec().method().fixedTensors(spec()));
    for (int k = 0; spec().target().bias() && k < spec().taps().size(); k++) {
      String name = "hog_enc." + k + ".conv.bias";
      // Drawn once by the published program and never trained: its own value is the only one.
      fixed.add(new FixedTensor(name, List.of(2), bundle.floats("param/" + name, 2)));
    }
    return fixed;
  }

  /** Targets by head {@code [B, cells, width]}; the same at every step. */
  private float[][] targets() {
    List<ModelSpec.Output> outputs = spec().outputs();
    float[][] all = new float[outputs.size()][];
    for (int k = 0; k < all.length; k++) {
      all[k] = new float[batch() * outputs.get(k).rows() * outputs.get(k).width()];
      for (int b = 0; b < batch(); b++) {
        float[] ofImage = target(k, outputs.get(k).cellSize(), image(b));
        System.arraycopy(ofImage, 0, all[k], b * ofImage.length, ofImage.length);
      }
    }
    return all;
  }

  private float[] target(int head, int cellSize, float[] image) {
    TargetSpec target = spec().target();
    if (target.kind() == TargetSpec.Kind.PIXELS) {
      return PixelTarget.cells(image, size(), cellSize, target.normalise());
    }
    if (!target.bias()) {
      return Hog.pyramid(image, size(), size(), new int[] {cellSize}, target.bins())[0];
    }
    float[] bias = bundle.floats("param/hog_enc." + head + ".conv.bias", 2);
    return Hog.cells(image, size(), size(), cellSize, target.bins(), bias[0], bias[1]);
  }

  @Override
  Step step(int step) {
    int tokens = spec().tokens();
    int keep = spec().keep();
    int[] keepIds = new int[batch() * keep];
    int[] restoreIds = new int[batch() * tokens];
    float[][] weights =
        spec().outputs().stream()
            .map(output -> new float[batch() * output.rows()])
            .toArray(float[][]::new);
    for (int b = 0; b < batch(); b++) {
      Masking.Mask mask = Masking.rank(noise(step, b), keep);
      System.arraycopy(mask.keepIds(), 0, keepIds, b * keep, keep);
      System.arraycopy(mask.restoreIds(), 0, restoreIds, b * tokens, tokens);
      for (int k = 0; k < weights.length; k++) {
        float[] cells = Masking.cellWeights(mask, spec().grid(), spec().scales().get(k));
        System.arraycopy(cells, 0, weights[k], b * cells.length, cells.length);
      }
    }
    return new Step(patches(keepIds), keepIds, restoreIds, targets, weights);
  }

  @Override
  void compareOwn(Step first, EngineSpec engine, List<TensorCheck> checks) {
    int[] restoreIds = bundle.ints("ids_restore", batch(), spec().tokens());
    checks.add(
        new TensorCheck(
            Group.INDICES, "ids_restore", Distance.differing(first.restoreIds(), restoreIds)));
    for (int k = 0; k < targets.length; k++) {
      if (bundle.has("mask/" + k)) {
        float[] theirs = bundle.values("mask/" + k, first.weights()[k].length);
        checks.add(
            new TensorCheck(
                Group.INDICES, "mask/" + k, Distance.differing(first.weights()[k], theirs)));
      }
    }
    if (spec().method() == Method.MFF) {
      checks.add(fusionWeights());
    }
  }

  private TensorCheck fusionWeights() {
    int count = spec().fused().size();
    float[] raw = bundle.floats("param/" + official("proj_weights"), count, 1, 1, 1);
    double sum = IntStream.range(0, count).mapToDouble(j -> Math.exp(raw[j])).sum();
    double[] shares = IntStream.range(0, count).mapToDouble(j -> Math.exp(raw[j]) / sum).toArray();
    return new TensorCheck(
        Group.FORWARD,
        "fusion_weights",
        Distance.relative(shares, bundle.floats("fusion_weights", count)));
  }
}
