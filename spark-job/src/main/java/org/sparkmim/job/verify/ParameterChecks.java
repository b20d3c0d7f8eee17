package org.sparkmim.job.verify;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.nn.ParameterLayout;

/**
 * Compares what training does to parameters: gradients, updates, the loss from step to step.
 *
 * <p>The key third of every {@code qkv.bias} is left out of gradients and updates: softmax ignores
 * a constant added to all scores, so its gradient is zero but for rounding, which AdamW would blow
 * up to whole steps. For the same reason the first update after own gradients leaves out, where it
 * is not within the aim anyway, single elements whose gradient float32 cannot tell from zero, and
 * says so; the optimiser alone, fed with golden gradients, leaves out none of them.
 */
final class ParameterChecks {
  /** Gradients that are smaller, relative to the tensor's root mean square, are mostly rounding. */
  private static final double DECIDABLE = 1e-4;

  private final ParameterBundle golden;
  private final GoldenBundle bundle;
  private final ParameterLayout layout;
  private final ParameterVectors state;
  private final List<TensorCheck> checks;

  /** What trains. */
  interface Trainer {
    /** Feeds what the bundle's step has, from 0, forward and backward; returns the loss. */
    double pass(int step);

    /** Changes the parameters by the last gradients; {@code step} counts from 1. */
    void update(long step);
  }

  /** Comparisons of a network's vectors, added to {@code checks}. */
  ParameterChecks(
      ParameterBundle golden,
      ParameterLayout layout,
      ParameterVectors state,
      List<TensorCheck> checks) {
    this.golden = golden;
    this.bundle = golden.bundle;
    this.layout = layout;
    this.state = state;
    this.checks = checks;
  }

  void settings() {
    TreeSet<String> ours = new TreeSet<>();
    TreeSet<String> oursNot = new TreeSet<>();
    layout
        .entries()
        .forEach(entry -> (entry.decayed() ? ours : oursNot).add(golden.official(entry.name())));
    checks.add(names(bundle, "optimizer.decay", ours));
    checks.add(names(bundle, "optimizer.no_decay", oursNot));
  }

  /** A list of names in the config, of which none may differ. */
  static TensorCheck names(GoldenBundle bundle, String key, Set<String> ours) {
    TreeSet<String> theirs = new TreeSet<>(bundle.config().texts(key));
    TreeSet<String> different = new TreeSet<>(ours);
    different.removeAll(theirs);
    theirs.removeAll(ours);
    different.addAll(theirs);
    String note = different.isEmpty() ? "" : "differ: " + String.join(", ", different);
    return new TensorCheck(Group.SETTINGS, "config " + key, different.size(), note);
  }

  /** Compares the gradients of the last pass. */
  void gradients() {
    Map<String, float[]> gradients = read(state.gradients());
    List<String> trained = trained();
    for (ParameterLayout.Entry entry : layout.entries()) {
      if (trained.contains(golden.official(entry.name()))) {
        float[] yours = gradients.get(entry.name());
        float[] theirs = golden.parameter("grad/", entry);
        double error = Distance.relative(yours, theirs, counted(entry));
        check(Group.GRADIENT, "grad/" + golden.official(entry.name()), error);
      }
    }
  }

  /** Feeds the golden gradients, so that only the optimiser can be wrong. */
  void optimizerAlone(Trainer trainer) {
    load();
    OffHeap gradients = new OffHeap(state.gradients(), layout.size());
    List<String> trained = trained();
    for (ParameterLayout.Entry entry : layout.entries()) {
      if (trained.contains(golden.official(entry.name()))) {
        float[] values = golden.parameter("grad/", entry);
        gradients.put(entry.offset(), values, values.length);
      }
    }
    trainer.update(1);
    changes(Group.OPTIMIZER, "step1/", trained());
  }

  void curve(Trainer trainer) {
    load();
    double[] curve = new double[golden.steps()];
    for (int step = 0; step < curve.length; step++) {
      curve[step] = trainer.pass(step);
      trainer.update(step + 1);
      if (step == 0) {
        changes(Group.FIRST_UPDATE, "step1/", trained());
      }
    }
    float[] theirs = bundle.floats("loss_curve", curve.length);
    check(Group.LOSS_CURVE, "loss_curve", Distance.relative(curve, theirs));
    List<String> selected = bundle.config().texts("selected");
    changes(Group.LAST_STEP, "step" + curve.length + "/", selected);
  }

  /**
   * Published names of parameters that the loss reaches: for these the bundle must have gradient
   * and update.
   */
  private List<String> trained() {
    List<String> untrained = bundle.config().texts("no_grad");
    return layout.entries().stream()
        .map(entry -> golden.official(entry.name()))
        .filter(name -> !untrained.contains(name))
        .toList();
  }

  /** Compares what the updates did to some parameters, and that others were not touched. */
  private void changes(Group group, String prefix, List<String> wanted) {
    List<String> untrained = bundle.config().texts("no_grad");
    Map<String, float[]> parameters = read(state.parameters());
    for (ParameterLayout.Entry entry : layout.entries()) {
      float[] start = golden.parameter("param/", entry);
      float[] yours = parameters.get(entry.name());
      String name = golden.official(entry.name());
      if (wanted.contains(name) && golden.stored(prefix + name)) {
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

  /** Writes the golden parameters and clears gradients and moments. */
  void load() {
    long size = layout.size();
    OffHeap parameters = new OffHeap(state.parameters(), size);
    List<OffHeap> cleared =
        List.of(
            new OffHeap(state.gradients(), size),
            new OffHeap(state.firstMoment(), size),
            new OffHeap(state.secondMoment(), size));
    for (ParameterLayout.Entry entry : layout.entries()) {
      float[] values = golden.parameter("param/", entry);
      parameters.put(entry.offset(), values, values.length);
      cleared.forEach(
          vector -> vector.put(entry.offset(), new float[values.length], values.length));
    }
  }

  private Map<String, float[]> read(FloatPointer vector) {
    OffHeap source = new OffHeap(vector, layout.size());
    Map<String, float[]> values = new TreeMap<>();
    for (ParameterLayout.Entry entry : layout.entries()) {
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

  private void check(Group group, String name, double error) {
    checks.add(new TensorCheck(group, name, error));
  }
}
