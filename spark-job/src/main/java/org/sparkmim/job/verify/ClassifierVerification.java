package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.sparkmim.model.Classifier;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ClassifierSpec;
import org.sparkmim.model.method.SoftTargets;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.LayerDecay;
import org.sparkmim.model.optim.Optimizer;

/** Fine-tunes a classifier on a bundle's images, and compares everything on the way. */
final class ClassifierVerification {
  /** Scales are powers that both sides compute in double. */
  private static final double SAME_SCALE = 1e-12;

  private final GoldenBundle bundle;
  private final GoldenVit vit;
  private final ClassifierSpec spec;
  private final LayerDecay layers;
  private final ParameterBundle golden;
  private final Optimizer.AdamW optimizer;
  private final List<TensorCheck> checks = new ArrayList<>();

  private ClassifierVerification(GoldenBundle bundle) {
    this.bundle = bundle;
    GoldenConfig config = bundle.config();
    config.requireNumber("drop_path", 0);
    if (!config.texts("fixed").isEmpty()) {
      throw bundle.refusal(
          "it keeps " + config.texts("fixed") + " fixed, and in fine-tuning nothing is");
    }
    vit = GoldenVit.of(bundle, "head.weight");
    spec = spec();
    layers = new LayerDecay(config.number("layer_decay"), vit.shape().depth());
    golden = new ParameterBundle(bundle);
    optimizer = golden.optimizer();
    bundle.requireShape("loss_curve", golden.steps());
  }

  static List<TensorCheck> run(GoldenBundle bundle, EngineSpec engine) {
    ClassifierVerification verification = new ClassifierVerification(bundle);
    verification.run(engine);
    return verification.checks;
  }

  private void run(EngineSpec engine) {
    try (Classifier classifier = Classifier.create(spec, engine, vit.batch(), layers, true)) {
      golden.requireParameters(classifier.layout());
      ParameterChecks parameters =
          new ParameterChecks(golden, classifier.layout(), classifier.state(), checks);
      parameters.settings();
      checks.add(scales(classifier.layout()));
      parameters.load();
      otherLosses(classifier);
      float[] patches = vit.patches();
      float[] targets = targets();
      classifier.feed(patches, targets);
      firstPass(classifier);
      parameters.gradients();
      ParameterChecks.Trainer trainer = trainer(classifier);
      parameters.optimizerAlone(trainer);
      parameters.curve(trainer);
    }
    bundle.notAsked().forEach(name -> check(Group.NOT_COMPARED, name, 1));
  }

  private TensorCheck scales(ParameterLayout layout) {
    Map<String, Double> theirs = bundle.config().numbersByName("lr_scale");
    TreeSet<String> different = new TreeSet<>(theirs.keySet());
    for (ParameterLayout.Entry entry : layout.entries()) {
      double scale = layers.scale(entry.name());
      double golden = theirs.getOrDefault(entry.name(), Double.NaN);
      if (Math.abs(scale - golden) <= SAME_SCALE) {
        different.remove(entry.name());
      } else {
        different.add(entry.name());
      }
    }
    String note = different.isEmpty() ? "" : "differ: " + String.join(", ", different);
    return new TensorCheck(Group.SETTINGS, "config lr_scale", different.size(), note);
  }

  private float[] targets() {
    float[] targets = targets(smoothing(), share("mixup_lam"));
    float[] theirs = bundle.floats("targets", vit.batch(), vit.classes());
    check(Group.FORWARD, "targets", Distance.relative(targets, theirs));
    return targets;
  }

  /** The same logits with targets that are not mixed. */
  private void otherLosses(Classifier classifier) {
    float[] patches = vit.patches();
    classifier.feed(patches, targets(smoothing(), 1));
    loss("loss_label_smoothing", classifier.forward());
    classifier.feed(patches, targets(0, 1));
    loss("loss_cross_entropy", classifier.forward());
  }

  private void firstPass(Classifier classifier) {
    loss("loss", classifier.forward());
    for (int i = 0; i < vit.shape().depth(); i++) {
      forward(classifier, "block/" + i);
    }
    forward(classifier, "pooled");
    forward(classifier, "latent/0");
    forward(classifier, "logits");
    classifier.backward();
  }

  /** Every step has the same minibatch, which has been fed. */
  private ParameterChecks.Trainer trainer(Classifier classifier) {
    return new ParameterChecks.Trainer() {
      @Override
      public double pass(int step) {
        double loss = classifier.forward();
        classifier.backward();
        return loss;
      }

      @Override
      public void update(long step) {
        classifier.update(optimizer, golden.learningRate(), step);
      }
    };
  }

  private float[] targets(double smoothing, double lambda) {
    return SoftTargets.of(vit.labels(), vit.classes(), smoothing, lambda);
  }

  private double smoothing() {
    double smoothing = share("label_smoothing");
    if (smoothing == 1) {
      throw bundle.refusal("its config has label_smoothing = 1, which leaves nothing to learn");
    }
    return smoothing;
  }

  private double share(String key) {
    double share = bundle.config().number(key);
    if (!(share >= 0 && share <= 1)) {
      throw bundle.refusal("its config has " + key + " = " + share + " where 0 to 1 belongs");
    }
    return share;
  }

  private ClassifierSpec spec() {
    try {
      return new ClassifierSpec(vit.imageSize(), vit.shape(), vit.classes());
    } catch (ModelException e) {
      throw bundle.refusal("its model cannot be built: " + e.getMessage());
    }
  }

  private void forward(Classifier classifier, String name) {
    float[] yours = classifier.read(name);
    check(Group.FORWARD, name, Distance.relative(yours, bundle.values(name, yours.length)));
  }

  private void loss(String name, double yours) {
    double error = Distance.relative(new double[] {yours}, bundle.floats(name, 1));
    check(Group.LOSS, name, error);
  }

  private void check(Group group, String name, double error) {
    checks.add(new TensorCheck(group, name, error));
  }
}
