package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.sparkmim.model.Encoder;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.MaskSpec;
import org.sparkmim.model.method.Method;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.TargetSpec;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.Lars;
import org.sparkmim.model.probe.FeatureNorm;
import org.sparkmim.model.probe.LinearHead;

/**
 * Extracts a bundle's features with an engine, takes the steps of the linear probe on them, and
 * compares everything on the way.
 */
final class LinearProbeVerification {
  private static final String WEIGHT = "head.1.weight";
  private static final String BIAS = "head.1.bias";
  private static final String MEAN = "head.0.running_mean";
  private static final String VARIANCE = "head.0.running_var";

  private final GoldenBundle bundle;
  private final GoldenVit vit;
  private final Lars lars;
  private final double rate;
  private final int steps;
  private final List<TensorCheck> checks = new ArrayList<>();

  private LinearProbeVerification(GoldenBundle bundle) {
    this.bundle = bundle;
    GoldenConfig config = bundle.config();
    config.requireText("feature", "cls token after the final norm");
    config.requireText("optimizer.type", "LARS");
    config.requireText("batch_norm.normalisation_variance", "biased");
    config.requireText("batch_norm.running_variance", "unbiased");
    config.requireNumber("batch_norm.eps", FeatureNorm.EPS);
    config.requireNumber("batch_norm.momentum", FeatureNorm.MOMENTUM);
    if (config.flag("batch_norm.affine")) {
      throw bundle.refusal("its batch norm is affine, and only one that is not is supported");
    }
    vit = GoldenVit.of(bundle, WEIGHT);
    if (vit.batch() < 2) {
      throw bundle.refusal("a batch of " + vit.batch() + " has no unbiased variance");
    }
    lars =
        new Lars(
            config.number("optimizer.momentum"),
            config.number("optimizer.weight_decay"),
            config.number("optimizer.trust_coefficient"));
    rate = config.number("optimizer.lr");
    steps = config.integer("steps");
    bundle.requireShape("loss_curve", steps);
  }

  static List<TensorCheck> run(GoldenBundle bundle, EngineSpec engine) {
    LinearProbeVerification verification = new LinearProbeVerification(bundle);
    verification.run(engine);
    return verification.checks;
  }

  private void run(EngineSpec engine) {
    checks.add(ParameterChecks.names(bundle, "optimizer.adapted", Set.of(WEIGHT)));
    checks.add(ParameterChecks.names(bundle, "optimizer.plain", Set.of(BIAS)));
    checks.add(ParameterChecks.names(bundle, "trainable", Set.of(WEIGHT, BIAS)));
    float[] features = features(engine);
    optimizerAlone();
    probe(features);
    bundle.notAsked().forEach(name -> check(Group.NOT_COMPARED, name, 1));
  }

  private float[] features(EngineSpec engine) {
    int width = vit.shape().width();
    ModelSpec spec = spec();
    float[] positions = bundle.floats("param/pos_embed", 1, 1 + spec.tokens(), width);
    try (Encoder encoder = Encoder.create(spec, engine, vit.batch(), positions)) {
      ParameterLayout layout = encoder.layout();
      ParameterBundle golden = new ParameterBundle(bundle);
      golden.requireParameters(layout, Set.of("pos_embed", MEAN, VARIANCE, WEIGHT, BIAS));
      float[] all = new float[Math.toIntExact(layout.size())];
      for (ParameterLayout.Entry entry : layout.entries()) {
        float[] values = golden.parameter("param/", entry);
        if (entry.name().equals("cls_token")) {
          // The published table has a row for cls; the encoder adds none to it.
          for (int d = 0; d < width; d++) {
            values[d] += positions[d];
          }
        }
        System.arraycopy(values, 0, all, Math.toIntExact(entry.offset()), values.length);
      }
      encoder.load(layout, all);
      float[] cls = new float[vit.batch() * width];
      encoder.encode(vit.patches(), new float[cls.length], cls);
      float[] theirs = bundle.floats("feature", vit.batch(), width);
      check(Group.FORWARD, "feature", Distance.relative(cls, theirs));
      return cls;
    }
  }

  /** The encoder of MAE; its decoder is never built. */
  private ModelSpec spec() {
    try {
      return new ModelSpec(
          Method.MAE,
          vit.imageSize(),
          vit.shape(),
          List.of(vit.shape().depth() - 1),
          List.of(1.0),
          List.of(),
          new ModelSpec.Decoder(vit.shape().width(), 1, vit.shape().heads()),
          new MaskSpec(MaskSpec.Strategy.RANDOM, 0.5, vit.shape().patchSize()),
          new TargetSpec(TargetSpec.Kind.PIXELS, 1, false, true, 1),
          null);
    } catch (ModelException e) {
      throw bundle.refusal("its model cannot be built: " + e.getMessage());
    }
  }

  /** Feeds the golden gradients, so that only the optimiser can be wrong. */
  private void optimizerAlone() {
    LinearHead head = head();
    copy(golden("grad/", WEIGHT), head.weightGradient());
    copy(golden("grad/", BIAS), head.biasGradient());
    head.update(rate);
    change(Group.OPTIMIZER, "step1/", WEIGHT, head.weight());
    change(Group.OPTIMIZER, "step1/", BIAS, head.bias());
  }

  private void probe(float[] features) {
    int[] labels = vit.labels();
    LinearHead head = head();
    double[] curve = new double[steps];
    for (int step = 0; step < steps; step++) {
      curve[step] = head.forward(features, labels);
      if (step == 0) {
        relative(Group.LOSS, "loss", new double[] {curve[0]});
        relative(Group.FORWARD, "logits", head.logits());
      }
      head.backward(labels);
      if (step == 0) {
        relative(Group.GRADIENT, "grad/" + WEIGHT, head.weightGradient());
        relative(Group.GRADIENT, "grad/" + BIAS, head.biasGradient());
      }
      head.update(rate);
      Group group = step == 0 ? Group.FIRST_UPDATE : Group.LAST_STEP;
      changes(group, "step" + (step + 1) + "/", head);
    }
    relative(Group.LOSS_CURVE, "loss_curve", curve);
    double[] logits = new double[vit.batch() * vit.classes()];
    double[] scores = new double[vit.classes()];
    for (int b = 0; b < vit.batch(); b++) {
      head.evaluate(features, b, scores);
      System.arraycopy(scores, 0, logits, b * scores.length, scores.length);
    }
    relative(Group.FORWARD, "logits_eval", logits);
  }

  private void changes(Group group, String prefix, LinearHead head) {
    change(group, prefix, WEIGHT, head.weight());
    change(group, prefix, BIAS, head.bias());
    change(group, prefix, MEAN, head.norm().mean());
    change(group, prefix, VARIANCE, head.norm().variance());
  }

  private LinearHead head() {
    LinearHead head = new LinearHead(vit.shape().width(), vit.classes(), lars);
    copy(golden("param/", WEIGHT), head.weight());
    copy(golden("param/", BIAS), head.bias());
    copy(golden("param/", MEAN), head.norm().mean());
    copy(golden("param/", VARIANCE), head.norm().variance());
    return head;
  }

  private void change(Group group, String prefix, String name, double[] yours) {
    float[] start = golden("param/", name);
    float[] rounded = new float[yours.length];
    for (int i = 0; i < yours.length; i++) {
      rounded[i] = (float) yours[i];
    }
    double error = Distance.ofChange(rounded, golden(prefix, name), start, i -> true);
    check(group, prefix + name, error);
  }

  private float[] golden(String prefix, String name) {
    return switch (name) {
      case WEIGHT -> bundle.floats(prefix + name, vit.classes(), vit.shape().width());
      case BIAS -> bundle.floats(prefix + name, vit.classes());
      default -> bundle.floats(prefix + name, vit.shape().width());
    };
  }

  private void relative(Group group, String name, double[] yours) {
    check(group, name, Distance.relative(yours, bundle.values(name, yours.length)));
  }

  private static void copy(float[] from, double[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = from[i];
    }
  }

  private void check(Group group, String name, double error) {
    checks.add(new TensorCheck(group, name, error));
  }
}
