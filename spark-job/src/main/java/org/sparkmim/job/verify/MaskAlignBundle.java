package org.sparkmim.job.verify;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkmim.data.order.Masking;
import org.sparkmim.job.round.TeacherWeights;
import org.sparkmim.model.Network;
import org.sparkmim.model.Teacher;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.method.Alignment;
import org.sparkmim.model.method.FixedTensor;
import org.sparkmim.model.method.MaskSpec;
import org.sparkmim.model.method.Method;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.TargetSpec;
import org.sparkmim.model.method.VitShape;
import org.sparkmim.model.nn.ParameterLayout;

/** A bundle of MaskAlign: its teacher looks at the images, and masks and targets follow from it. */
final class MaskAlignBundle extends TrainingBundle implements AutoCloseable {
  private final Teacher teacher;
  private final float[] importance;

  MaskAlignBundle(GoldenBundle bundle, EngineSpec engine) {
    super(bundle);
    Alignment.Teacher published = spec().alignment().teacher();
    teacher = Teacher.create(spec(), engine, batch(), published.shape().depth());
    bundle.teacher(published.family()).load(teacher);
    teacher.look(patches(allTokens()));
    importance = new float[batch() * spec().tokens()];
    teacher.importance(importance);
  }

  private int[] allTokens() {
    int[] all = new int[batch() * spec().tokens()];
    Arrays.setAll(all, i -> i % spec().tokens());
    return all;
  }

  @Override
  ModelSpec spec(GoldenConfig config, VitShape encoder) {
    config.requireText("head_type", "linear");
    config.requireText("loss_type", "smoothl1");
    config.requireText("mask_type", "attention");
    config.requireText("target_norm", "whiten");
    config.requireNumber("target_norm_eps", 1e-5);
    return new ModelSpec(
        Method.MASKALIGN,
        config.integer("img_size"),
        encoder,
        IntStream.range(0, encoder.depth()).boxed().toList(),
        List.of(),
        List.of(),
        new ModelSpec.Decoder(4, 1, 1),
        new MaskSpec(MaskSpec.Strategy.ATTENTION, config.number("mask_ratio"), encoder.patchSize()),
        new TargetSpec(TargetSpec.Kind.TEACHER, 1, false, false, 1),
        new Alignment(levels(config), mixing(config), teacher(config)));
  }

  private int levels(GoldenConfig config) {
    String levels = config.text("loss_weights");
    if (!levels.matches("top[1-9]\\d?")) {
      throw bundle.refusal(
          "it was made with loss_weights = " + levels + ", and only topN is supported");
    }
    return Integer.parseInt(levels.substring(3));
  }

  private Alignment.Mixing mixing(GoldenConfig config) {
    String fusion = config.text("fusion_type");
    for (Alignment.Mixing mixing : Alignment.Mixing.values()) {
      if (mixing.key().equals(fusion)) {
        return mixing;
      }
    }
    throw bundle.refusal(
        "it was made with fusion_type = " + fusion + ", and only linear and sum are supported");
  }

  private Alignment.Teacher teacher(GoldenConfig config) {
    String kind = config.text("teacher.kind");
    boolean clip = kind.equals("clip");
    if (!clip && !kind.equals("dino")) {
      throw bundle.refusal("its teacher is " + kind + ", and only clip and dino are supported");
    }
    config.requireText("teacher.activation", clip ? "quick_gelu" : "gelu");
    config.requireNumber("teacher.ln_eps", clip ? 1e-5 : 1e-12);
    config.requireNumber("teacher.img_size", config.integer("img_size"));
    int hidden = config.integer("teacher.hidden");
    return new Alignment.Teacher(
        clip ? Alignment.Family.CLIP : Alignment.Family.DINO,
        new VitShape(
            config.integer("teacher.patch_size"),
            hidden,
            config.integer("teacher.layers"),
            config.integer("teacher.heads"),
            config.integer("teacher.mlp") / (double) hidden),
        "");
  }

  @Override
  int otherHeads(GoldenConfig config) {
    return config.integer("teacher.heads");
  }

  @Override
  List<String> lastTensors(GoldenConfig config) {
    return List.of("distill_heads." + (config.integer("teacher.layers") - 1) + ".weight");
  }

  @Override
  List<FixedTensor> fixed() {
    return spec().method().fixedTensors(spec());
  }

  @Override
  Step step(int step) {
    return step(step, spec().alignment().levels());
  }

  private Step step(int step, int levels) {
    int tokens = spec().tokens();
    int keep = spec().keep();
    int[] keepIds = new int[batch() * keep];
    int[] restoreIds = new int[batch() * tokens];
    for (int b = 0; b < batch(); b++) {
      float[] own = Arrays.copyOfRange(importance, b * tokens, (b + 1) * tokens);
      Masking.Mask mask = Masking.byImportance(noise(step, b), own, keep);
      System.arraycopy(mask.keepIds(), 0, keepIds, b * keep, keep);
      System.arraycopy(mask.restoreIds(), 0, restoreIds, b * tokens, tokens);
    }
    int rows = batch() * (keep + 1);
    int width = spec().alignment().teacher().shape().width();
    int depth = spec().alignment().teacher().shape().depth();
    float[][] targets = new float[levels][rows * width];
    float[][] weights = new float[levels][rows];
    for (int level = 0; level < levels; level++) {
      teacher.targets(depth - levels + level, keepIds, targets[level]);
      Arrays.fill(weights[level], 1);
    }
    return new Step(patches(keepIds), keepIds, restoreIds, targets, weights);
  }

  @Override
  void compareOwn(Step first, EngineSpec engine, List<TensorCheck> checks) {
    masks(checks);
    teacher(checks);
    otherLevels(engine, checks);
  }

  private void masks(List<TensorCheck> checks) {
    int tokens = spec().tokens();
    int[] all = bundle.ints("ids_shuffle_steps", steps(), batch(), tokens);
    int different = 0;
    for (int step = 0; step < steps(); step++) {
      int[] order = order(step(step).restoreIds());
      int from = step * order.length;
      int[] theirs = Arrays.copyOfRange(all, from, from + order.length);
      different += Distance.differing(order, theirs);
    }
    checks.add(new TensorCheck(Group.INDICES, "ids_shuffle_steps", different));
    Step first = step(0);
    index(checks, "ids_shuffle", order(first.restoreIds()), batch(), tokens);
    index(checks, "ids_keep", first.keepIds(), batch(), spec().keep());
  }

  private void index(List<TensorCheck> checks, String name, int[] yours, long... shape) {
    checks.add(
        new TensorCheck(Group.INDICES, name, Distance.differing(yours, bundle.ints(name, shape))));
  }

  /** Tokens in rank order. */
  private int[] order(int[] restoreIds) {
    int tokens = spec().tokens();
    int[] order = new int[restoreIds.length];
    for (int i = 0; i < order.length; i++) {
      order[i / tokens * tokens + restoreIds[i]] = i % tokens;
    }
    return order;
  }

  private void teacher(List<TensorCheck> checks) {
    forward(checks, "importance", importance);
    forward(checks, "teacher_attention", teacher.attention());
    for (int i = 0; i <= spec().alignment().teacher().shape().depth(); i++) {
      forward(checks, "teacher_hidden/" + i, teacher.hidden(i));
    }
    if (bundle.has("teacher_pixels")) {
      forward(checks, "teacher_pixels", teacherPixels());
    }
  }

  /** The teacher's projection takes the student's pixels; this is what it makes of them. */
  private float[] teacherPixels() {
    TeacherWeights.Statistics statistics =
        TeacherWeights.statistics(spec().alignment().teacher().family());
    int plane = size() * size();
    float[] pixels = new float[batch() * ModelSpec.CHANNELS * plane];
    for (int b = 0; b < batch(); b++) {
      float[] image = image(b);
      for (int i = 0; i < image.length; i++) {
        int c = i / plane;
        pixels[b * image.length + i] =
            (float) (image[i] * statistics.gain()[c] + statistics.offset()[c]);
      }
    }
    return pixels;
  }

  /** Levels that do not count have values in the bundle, too. */
  private void otherLevels(EngineSpec engine, List<TensorCheck> checks) {
    Alignment alignment = spec().alignment();
    int depth = alignment.teacher().shape().depth();
    ModelSpec all =
        new ModelSpec(
            spec().method(),
            spec().imageSize(),
            spec().encoder(),
            spec().taps(),
            spec().scales(),
            spec().fused(),
            spec().decoder(),
            spec().masking(),
            spec().target(),
            new Alignment(depth, alignment.mixing(), alignment.teacher()));
    try (Network network = Network.create(all, engine, batch(), true)) {
      OffHeap parameters = new OffHeap(network.state().parameters(), network.layout().size());
      for (ParameterLayout.Entry entry : network.layout().entries()) {
        float[] values = parameter("param/", entry);
        parameters.put(entry.offset(), values, values.length);
      }
      Step step = step(0, depth);
      network.feed(
          step.patches(), step.keepIds(), step.restoreIds(), step.targets(), step.weights());
      network.forward();
      for (int level = 0; level < depth - alignment.levels(); level++) {
        forward(checks, "mixed/" + level, network.read("mixed/" + level));
        forward(checks, "pred/" + level, network.read("pred/" + level));
        forward(checks, "target/" + level, step.targets()[level]);
      }
    }
  }

  private void forward(List<TensorCheck> checks, String name, float[] yours) {
    checks.add(
        new TensorCheck(
            Group.FORWARD, name, Distance.relative(yours, bundle.values(name, yours.length))));
  }

  @Override
  public void close() {
    teacher.close();
  }
}
