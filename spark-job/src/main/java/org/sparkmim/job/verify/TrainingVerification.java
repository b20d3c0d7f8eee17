package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.method.FixedTensor;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.Optimizer;

/**
 * Trains on a bundle's parameters, images and noise, and compares everything on the way.
 *
 * <p>The key third of every {@code qkv.bias} is left out of gradients and updates: softmax ignores
 * a constant added to all scores, so its gradient is zero but for rounding, which AdamW would blow
 * up to whole steps. For the same reason the first update after own gradients leaves out, where it
 * is not within the aim anyway, single elements whose gradient float32 cannot tell from zero, and
 * says so; the optimiser alone, fed with golden gradients, leaves out none of them.
 */
final class TrainingVerification {
  private static final Set<String> EVERYWHERE = Set.of("block/", "latent/", "pred/");
  private static final Set<String> ELSEWHERE = Set.of("target/", "mask/", "loss/");

  /** Gradients that are smaller, relative to the tensor's root mean square, are mostly rounding. */
  private static final double DECIDABLE = 1e-4;

  private final GoldenBundle bundle;
  private final TrainingBundle golden;
  private final EngineSpec engine;
  private final List<TensorCheck> checks = new ArrayList<>();

  private TrainingVerification(TrainingBundle golden, EngineSpec engine) {
    this.golden = golden;
    this.engine = engine;
    bundle = golden.bundle;
  }

  static List<TensorCheck> run(TrainingBundle golden, EngineSpec engine) {
    TrainingVerification verification = new TrainingVerification(golden, engine);
    verification.run();
    return verification.checks;
  }

  private void run() {
    try (Network network = Network.create(golden.spec(), engine, golden.batch(), true)) {
      golden.requireParameters(network.layout());
      settings(network.layout());
      fixed(golden.fixed());
      firstPass(network);
      optimizerAlone(network);
      curve(network);
    }
    bundle.notAsked().forEach(name -> check(Group.NOT_COMPARED, name, 1));
  }

  private void settings(ParameterLayout layout) {
    TreeSet<String> ours = new TreeSet<>();
    TreeSet<String> oursNot = new TreeSet<>();
    layout
        .entries()
        .forEach(entry -> (entry.decayed() ? ours : oursNot).add(golden.official(entry.name())));
    lists("optimizer.decay", ours);
    lists("optimizer.no_decay", oursNot);
  }

  private void lists(String key, TreeSet<String> ours) {
    TreeSet<String> theirs = new TreeSet<>(bundle.config().texts(key));
    TreeSet<String> different = new TreeSet<>(ours);
    different.removeAll(theirs);
    theirs.removeAll(ours);
    different.addAll(theirs);
    String note = different.isEmpty() ? "" : "differ: " + String.join(", ", different);
    checks.add(new TensorCheck(Group.SETTINGS, "config " + key, different.size(), note));
  }

  private void fixed(List<FixedTensor> fixed) {
    for (FixedTensor tensor : fixed) {
      String name = "param/" + golden.official(tensor.name());
      long[] shape = tensor.shape().stream().mapToLong(Integer::longValue).toArray();
      relative(Group.FIXED, name, tensor.numbers(), bundle.floats(name, shape));
    }
  }

  private void firstPass(Network network) {
    TrainingBundle.Step step = golden.step(0);
    indices(step);
    load(network);
    feed(network, step);
    double[] losses = network.forward().clone();
    forward(network, step);
    losses(names(network, "loss/"), losses);
    golden.compareOwn(step, engine, checks);
    network.backward();
    Map<String, float[]> gradients = read(network, network.state().gradients());
    List<String> trained = trained(network.layout());
    for (ParameterLayout.Entry entry : network.layout().entries()) {
      if (trained.contains(golden.official(entry.name()))) {
        float[] yours = gradients.get(entry.name());
        float[] theirs = golden.parameter("grad/", entry);
        double error = Distance.relative(yours, theirs, counted(entry));
        check(Group.GRADIENT, "grad/" + golden.official(entry.name()), error);
      }
    }
  }

  private void indices(TrainingBundle.Step step) {
    int batch = golden.batch();
    int tokens = golden.spec().tokens();
    float[] noise = bundle.floats("input/noise", batch, tokens);
    float[] first = bundle.floats("input/noise_steps", golden.steps(), batch, tokens);
    differing("input/noise", Arrays.copyOf(first, noise.length), noise);
    differing("mask", golden.hidden(step.restoreIds()), bundle.floats("mask", batch, tokens));
  }

  /**
   * What every bundle has, and whatever else network and bundle have a common name for. Inputs and
   * losses are compared elsewhere.
   */
  private void forward(Network network, TrainingBundle.Step step) {
    for (String name : network.names()) {
      String kind = name.replaceFirst("/.*", "/");
      if (EVERYWHERE.contains(kind) || !ELSEWHERE.contains(kind) && bundle.has(name)) {
        float[] yours = network.read(name);
        relative(Group.FORWARD, name, yours, bundle.values(name, yours.length));
      }
    }
    List<String> targets = names(network, "target/");
    for (int k = 0; k < targets.size(); k++) {
      float[] yours = step.targets()[k];
      relative(Group.FORWARD, targets.get(k), yours, bundle.values(targets.get(k), yours.length));
    }
  }

  private static List<String> names(Network network, String start) {
    return network.names().stream().filter(name -> name.startsWith(start)).toList();
  }

  private void losses(List<String> lossNames, double[] losses) {
    for (int k = 0; k < losses.length; k++) {
      String name = lossNames.get(k);
      check(Group.LOSS, name, Distance.relative(new double[] {losses[k]}, bundle.floats(name, 1)));
    }
    double[] sum = {Arrays.stream(losses).sum()};
    check(Group.LOSS, "loss", Distance.relative(sum, bundle.floats("loss", 1)));
  }

  /** Feeds the golden gradients, so that only the optimiser can be wrong. */
  private void optimizerAlone(Network network) {
    load(network);
    OffHeap gradients = new OffHeap(network.state().gradients(), network.layout().size());
    List<String> trained = trained(network.layout());
    for (ParameterLayout.Entry entry : network.layout().entries()) {
      if (trained.contains(golden.official(entry.name()))) {
        float[] values = golden.parameter("grad/", entry);
        gradients.put(entry.offset(), values, values.length);
      }
    }
    network.update(golden.optimizer(), golden.learningRate(), 1);
    changes(network, Group.OPTIMIZER, "step1/", trained(network.layout()));
  }

  private void curve(Network network) {
    load(network);
    Optimizer.AdamW optimizer = golden.optimizer();
    double[] curve = new double[golden.steps()];
    for (int step = 0; step < curve.length; step++) {
      feed(network, golden.step(step));
      curve[step] = Arrays.stream(network.forward()).sum();
      network.backward();
      network.update(optimizer, golden.learningRate(), step + 1);
      if (step == 0) {
        changes(network, Group.FIRST_UPDATE, "step1/", trained(network.layout()));
      }
    }
    float[] theirs = bundle.floats("loss_curve", curve.length);
    check(Group.LOSS_CURVE, "loss_curve", Distance.relative(curve, theirs));
    List<String> selected = bundle.config().texts("selected");
    changes(network, Group.LAST_STEP, "step" + curve.length + "/", selected);
  }

  /**
   * Published names of parameters that the loss reaches: for these the bundle must have gradient
   * and update.
   */
  private List<String> trained(ParameterLayout layout) {
    List<String> untrained = bundle.config().texts("no_grad");
    return layout.entries().stream()
        .map(entry -> golden.official(entry.name()))
        .filter(name -> !untrained.contains(name))
        .toList();
  }

  /** Compares what the updates did to some parameters, and that others were not touched. */
  private void changes(Network network, Group group, String prefix, List<String> wanted) {
    List<String> untrained = bundle.config().texts("no_grad");
    Map<String, float[]> parameters = read(network, network.state().parameters());
    for (ParameterLayout.Entry entry : network.layout().entries()) {
      float[] start = golden.parameter("param/", entry);
      float[] yours = parameters.get(entry.name());
      String name = golden.official(entry.name());
      if (wanted.contains(name)) {
        float[] theirs = golden.parameter(prefix, entry);
        checks.add(change(group, prefix, entry, yours, theirs, start));
      } else if (untrained.contains(name)) {
        // Without a gradient there is no update, not even decay.
        check(group, prefix + name, Distance.ofChange(yours, start, start, i -> true));
      }
    }
  }

  private TensorCheck change(
      Group group,
      String prefix,
      ParameterLayout.Entry entry,
      float[] yours,
      float[] theirs,
      float[] start) {
    String name = prefix + golden.official(entry.name());
    IntPredicate counted = counted(entry);
    double error = Distance.ofChange(yours, theirs, start, counted);
    if (group != Group.FIRST_UPDATE || error <= group.aim()) {
      return new TensorCheck(group, name, error);
    }
    float[] gradient = golden.parameter("grad/", entry);
    double floor = DECIDABLE * rootMeanSquare(gradient);
    IntPredicate decidable = i -> Math.abs(gradient[i]) >= floor;
    long vague =
        IntStream.range(0, gradient.length).filter(counted).filter(decidable.negate()).count();
    if (vague == 0) {
      return new TensorCheck(group, name, error);
    }
    String note =
        String.format(
            Locale.ROOT,
            "%.2e with %d of %d elements whose gradient is below float32 rounding",
            error,
            vague,
            gradient.length);
    double rest = Distance.ofChange(yours, theirs, start, counted.and(decidable));
    return new TensorCheck(group, name, rest, note);
  }

  private static double rootMeanSquare(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum / values.length);
  }

  private void feed(Network network, TrainingBundle.Step step) {
    network.feed(step.patches(), step.keepIds(), step.restoreIds(), step.targets(), step.weights());
  }

  /** Writes the golden parameters and clears gradients and moments. */
  private void load(Network network) {
    long size = network.layout().size();
    OffHeap parameters = new OffHeap(network.state().parameters(), size);
    List<OffHeap> cleared =
        List.of(
            new OffHeap(network.state().gradients(), size),
            new OffHeap(network.state().firstMoment(), size),
            new OffHeap(network.state().secondMoment(), size));
    for (ParameterLayout.Entry entry : network.layout().entries()) {
      float[] values = golden.parameter("param/", entry);
      parameters.put(entry.offset(), values, values.length);
      cleared.forEach(
          vector -> vector.put(entry.offset(), new float[values.length], values.length));
    }
  }

  private static Map<String, float[]> read(Network network, FloatPointer vector) {
    OffHeap source = new OffHeap(vector, network.layout().size());
    Map<String, float[]> values = new TreeMap<>();
    for (ParameterLayout.Entry entry : network.layout().entries()) {
      float[] own = new float[Math.toIntExact(entry.size())];
      source.get(entry.offset(), own, own.length);
      values.put(entry.name(), own);
    }
    return values;
  }

  /** All elements but those whose exact gradient is zero. */
  private static IntPredicate counted(ParameterLayout.Entry entry) {
    long third = entry.size() / 3;
    return entry.name().endsWith("attn.qkv.bias") ? i -> i < third || i >= 2 * third : i -> true;
  }

  private void relative(Group group, String name, float[] yours, float[] theirs) {
    check(group, name, Distance.relative(yours, theirs));
  }

  private void differing(String name, float[] yours, float[] theirs) {
    check(Group.INDICES, name, Distance.differing(yours, theirs));
  }

  private void check(Group group, String name, double error) {
    checks.add(new TensorCheck(group, name, error));
  }
}
