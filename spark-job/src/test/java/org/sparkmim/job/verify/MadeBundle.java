package org.sparkmim.job.verify;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.sparkmim.model.Classifier;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.method.ClassifierSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.SoftTargets;
import org.sparkmim.model.method.VitShape;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.LayerDecay;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.Tensor;

/** A fine-tuning bundle of any sizes, with the numbers of the reference engine. */
record MadeBundle(
    int batch, int image, int patch, int width, int heads, int depth, int classes, int steps) {
  private static final double RATE = 1e-3;
  private static final double SMOOTHING = 0.2;
  private static final double LAMBDA = 0.3;
  private static final double DECAY = 0.8;

  void write(Path file) throws IOException {
    VitShape shape = new VitShape(patch, width, depth, heads, 2);
    EngineSpec reference = EngineSpec.of("reference", "f32");
    List<Tensor> tensors = new ArrayList<>();
    Random random = new Random(11);
    float[] images = numbers(random, batch * ModelSpec.CHANNELS * image * image);
    int[] labels = random.ints(batch, 0, classes).toArray();
    tensors.add(floats("input/images", images, batch, ModelSpec.CHANNELS, image, image));
    tensors.add(Tensor.ints("input/labels", List.of((long) batch), labels));
    LayerDecay layers = new LayerDecay(DECAY, depth);
    ClassifierSpec spec = new ClassifierSpec(image, shape, classes);
    ObjectNode config;
    try (Classifier classifier = Classifier.create(spec, reference, batch, layers, true)) {
      config = config(classifier.layout(), layers);
      float[] start = numbers(random, Math.toIntExact(classifier.state().size()));
      new OffHeap(classifier.state().parameters(), start.length).put(0, start, start.length);
      parameters("param/", classifier, classifier.state().parameters(), tensors);
      float[] patches = patches(images);
      classifier.feed(patches, SoftTargets.of(labels, classes, SMOOTHING, 1));
      tensors.add(scalar("loss_label_smoothing", classifier.forward()));
      classifier.feed(patches, SoftTargets.of(labels, classes, 0, 1));
      tensors.add(scalar("loss_cross_entropy", classifier.forward()));
      float[] targets = SoftTargets.of(labels, classes, SMOOTHING, LAMBDA);
      tensors.add(floats("targets", targets, batch, classes));
      classifier.feed(patches, targets);
      float[] curve = new float[steps];
      Optimizer adamw = new Optimizer.AdamW(0.9, 0.999, 1e-8, 0.05);
      for (int step = 0; step < steps; step++) {
        curve[step] = (float) classifier.forward();
        if (step == 0) {
          tensors.add(scalar("loss", curve[0]));
          labelled(classifier, tensors);
        }
        classifier.backward();
        if (step == 0) {
          parameters("grad/", classifier, classifier.state().gradients(), tensors);
        }
        classifier.update(adamw, RATE, step + 1);
        if (step == 0) {
          parameters("step1/", classifier, classifier.state().parameters(), tensors);
        }
      }
      tensors.add(floats("loss_curve", curve, steps));
    }
    Map<String, String> metadata =
        Map.of(
            "format",
            GoldenBundle.FORMAT,
            "model",
            "vit_classify",
            "source",
            "the reference engine",
            "config",
            config.toString());
    Safetensors.write(file, metadata, tensors);
  }

  private ObjectNode config(ParameterLayout layout, LayerDecay layers) {
    ObjectNode config = new ObjectMapper().createObjectNode();
    config.put("in_chans", ModelSpec.CHANNELS).put("ln_eps", 1e-6).put("qkv_bias", true);
    config.put("batch", batch).put("img_size", image).put("patch_size", patch);
    config.put("embed_dim", width).put("depth", depth).put("num_heads", heads);
    config.put("mlp_ratio", 2.0).put("num_classes", classes).put("drop_path", 0.0);
    config.put("label_smoothing", SMOOTHING).put("mixup_lam", LAMBDA).put("layer_decay", DECAY);
    config.put("steps", steps);
    config.putArray("fixed");
    config.putArray("no_grad");
    // With one step, the last is the first, which is compared anyway.
    config.putArray("selected");
    ObjectNode optimizer = config.putObject("optimizer");
    optimizer.put("type", "AdamW").put("lr", RATE).put("eps", 1e-8).put("weight_decay", 0.05);
    optimizer.putArray("betas").add(0.9).add(0.999);
    var decayed = optimizer.putArray("decay");
    var spared = optimizer.putArray("no_decay");
    ObjectNode scales = config.putObject("lr_scale");
    for (ParameterLayout.Entry entry : layout.entries()) {
      (entry.decayed() ? decayed : spared).add(entry.name());
      scales.put(entry.name(), layers.scale(entry.name()));
    }
    return config;
  }

  private void labelled(Classifier classifier, List<Tensor> tensors) {
    long tokens = 1 + (long) (image / patch) * (image / patch);
    for (int i = 0; i < depth; i++) {
      tensors.add(floats("block/" + i, classifier.read("block/" + i), batch, tokens, width));
    }
    tensors.add(floats("pooled", classifier.read("pooled"), batch, width));
    tensors.add(floats("latent/0", classifier.read("latent/0"), batch, width));
    tensors.add(floats("logits", classifier.logits(), batch, classes));
  }

  private static void parameters(
      String prefix, Classifier classifier, FloatPointer vector, List<Tensor> tensors) {
    OffHeap numbers = new OffHeap(vector, classifier.state().size());
    for (ParameterLayout.Entry entry : classifier.layout().entries()) {
      float[] own = new float[Math.toIntExact(entry.size())];
      numbers.get(entry.offset(), own, own.length);
      long[] shape = entry.shape().stream().mapToLong(Integer::longValue).toArray();
      tensors.add(floats(prefix + entry.name(), own, shape));
    }
  }

  /** Written pixel by pixel, unlike the product's, which copies rows. */
  private float[] patches(float[] images) {
    float[] patches = new float[images.length];
    int grid = image / patch;
    int patchWidth = ModelSpec.CHANNELS * patch * patch;
    for (int i = 0; i < images.length; i++) {
      int x = i % image;
      int y = i / image % image;
      int channel = i / (image * image) % ModelSpec.CHANNELS;
      int b = i / (ModelSpec.CHANNELS * image * image);
      int token = b * grid * grid + y / patch * grid + x / patch;
      int within = (channel * patch + y % patch) * patch + x % patch;
      patches[token * patchWidth + within] = images[i];
    }
    return patches;
  }

  private static float[] numbers(Random random, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) (0.3 * random.nextGaussian());
    }
    return numbers;
  }

  private static Tensor scalar(String name, double value) {
    return floats(name, new float[] {(float) value}, 1);
  }

  private static Tensor floats(String name, float[] numbers, long... shape) {
    List<Long> extents = new ArrayList<>();
    for (long extent : shape) {
      extents.add(extent);
    }
    return Tensor.floats(name, extents, numbers);
  }
}
