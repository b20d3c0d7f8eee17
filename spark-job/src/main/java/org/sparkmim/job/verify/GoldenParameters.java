package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.Optimizer;

/**
 * A bundle's parameters, gradients and updates beside those of a network.
 *
 * <p>The key third of every {@code qkv.bias} is left out of gradients and updates: softmax ignores
 * a constant added to all scores, so its gradient is zero but for rounding, which AdamW would blow
 * up to whole steps. For the same reason the first update after own gradients leaves out, where it
 * is not within the aim anyway, single elements whose gradient float32 cannot tell from zero, and
 * says so; the optimiser alone, fed with golden gradients, leaves out none of them.
 */
final class GoldenParameters {
  /** Gradients that are smaller, relative to the tensor's root mean square, are mostly rounding. */
  private static final double DECIDABLE = 1e-4;

  private final GoldenBundle bundle;
  private final ParameterLayout layout;
  private final ParameterVectors state;

  GoldenParameters(GoldenBundle bundle, ParameterLayout layout, ParameterVectors state) {
    this.bundle = bundle;
    this.layout = layout;
    this.state = state;
  }

  /** The bundle's optimiser. */
  static Optimizer.AdamW adamW(GoldenBundle bundle) {
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

  /** Refuses a bundle whose parameters are not those of the network and the others given. */
  static void requireNames(GoldenBundle bundle, ParameterLayout layout, Set<String> others) {
    TreeSet<String> lacking = new TreeSet<>(others);
    layout.entries().forEach(entry -> lacking.add(entry.name()));
    TreeSet<String> unknown = new TreeSet<>(bundle.under("param/"));
    unknown.removeAll(lacking);
    lacking.removeAll(bundle.under("param/"));
    if (!unknown.isEmpty() || !lacking.isEmpty()) {
      throw bundle.refusal(
          "its parameters are not those of the model: the model lacks "
              + unknown
              + ", the bundle lacks "
              + lacking);
    }
  }

  /** A tensor {@code prefix + name} of a parameter, of that parameter's shape. */
  static float[] golden(GoldenBundle bundle, String prefix, ParameterLayout.Entry entry) {
    return bundle.floats(
        prefix + entry.name(), entry.shape().stream().mapToLong(Integer::longValue).toArray());
  }

  /** Which parameters are decayed and which are not. */
  List<TensorCheck> decayLists() {
    TreeSet<String> decayed = new TreeSet<>();
    TreeSet<String> spared = new TreeSet<>();
    layout.entries().forEach(entry -> (entry.decayed() ? decayed : spared).add(entry.name()));
    return List.of(
        names(bundle, "optimizer.decay", decayed), names(bundle, "optimizer.no_decay", spared));
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

  /** Writes the golden parameters and clears gradients and moments. */
  void load() {
    OffHeap parameters = new OffHeap(state.parameters(), state.size());
    List<OffHeap> cleared =
        List.of(
            new OffHeap(state.gradients(), state.size()),
            new OffHeap(state.firstMoment(), state.size()),
            new OffHeap(state.secondMoment(), state.size()));
    for (ParameterLayout.Entry entry : layout.entries()) {
      float[] values = golden("param/", entry);
      parameters.put(entry.offset(), values, values.length);
      cleared.forEach(
          vector -> vector.put(entry.offset(), new float[values.length], values.length));
    }
  }

  /** Writes the golden gradients, so that only the optimiser can be wrong. */
  void loadGradients() {
    OffHeap gradients = new OffHeap(state.gradients(), state.size());
    for (ParameterLayout.Entry entry : trained()) {
      float[] values = golden("grad/", entry);
      gradients.put(entry.offset(), values, values.length);
    }
  }

  List<TensorCheck> gradients() {
    List<TensorCheck> checks = new ArrayList<>();
    for (ParameterLayout.Entry entry : trained()) {
      float[] yours = read(state.gradients(), entry);
      float[] theirs = golden("grad/", entry);
      double error = Distance.relative(yours, theirs, counted(entry));
      checks.add(new TensorCheck(Group.GRADIENT, "grad/" + entry.name(), error));
    }
    return checks;
  }

  /** What an update did to all parameters that the loss reaches, and that it spared the rest. */
  List<TensorCheck> changes(Group group, String prefix) {
    return changes(group, prefix, trained().stream().map(ParameterLayout.Entry::name).toList());
  }

  /** What updates did to some parameters, and that those without a gradient were not touched. */
  List<TensorCheck> changes(Group group, String prefix, List<String> wanted) {
    List<String> untrained = bundle.config().texts("no_grad");
    List<TensorCheck> checks = new ArrayList<>();
    for (ParameterLayout.Entry entry : layout.entries()) {
      float[] start = golden("param/", entry);
      float[] yours = read(state.parameters(), entry);
      if (wanted.contains(entry.name())) {
        checks.add(change(group, prefix, entry, yours, start));
      } else if (untrained.contains(entry.name())) {
        // Without a gradient there is no update, not even decay.
        double error = Distance.ofChange(yours, start, start, i -> true);
        checks.add(new TensorCheck(group, prefix + entry.name(), error));
      }
    }
    return checks;
  }

  private TensorCheck change(
      Group group, String prefix, ParameterLayout.Entry entry, float[] yours, float[] start) {
    float[] theirs = golden(prefix, entry);
    String name = prefix + entry.name();
    IntPredicate counted = counted(entry);
    double error = Distance.ofChange(yours, theirs, start, counted);
    if (group != Group.FIRST_UPDATE || error <= group.aim()) {
      return new TensorCheck(group, name, error);
    }
    float[] gradient = golden("grad/", entry);
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

  private List<ParameterLayout.Entry> trained() {
    List<String> untrained = bundle.config().texts("no_grad");
    return layout.entries().stream().filter(entry -> !untrained.contains(entry.name())).toList();
  }

  private float[] golden(String prefix, ParameterLayout.Entry entry) {
    return golden(bundle, prefix, entry);
  }

  private float[] read(FloatPointer vector, ParameterLayout.Entry entry) {
    float[] values = new float[Math.toIntExact(entry.size())];
    new OffHeap(vector, state.size()).get(entry.offset(), values, values.length);
    return values;
  }

  private static double rootMeanSquare(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum / values.length);
  }

  /** All elements but those whose exact gradient is zero. */
  private static IntPredicate counted(ParameterLayout.Entry entry) {
    long third = entry.size() / 3;
    return entry.name().endsWith("attn.qkv.bias") ? i -> i < third || i >= 2 * third : i -> true;
  }
}
