package org.sparkmim.job.verify;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.sparkmim.model.method.FixedTensor;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.Optimizer;

/** What every bundle of a training has: parameters, optimiser, number of steps. */
class ParameterBundle {
  final GoldenBundle bundle;
  private final int batch;

  ParameterBundle(GoldenBundle bundle) {
    this.bundle = bundle;
    batch = bundle.config().integer("batch");
  }

  /** The published program's name of one of our parameters. */
  String official(String parameter) {
    return parameter;
  }

  /** Tensors of the checkpoint that are not trained, by our names. */
  List<FixedTensor> fixed() {
    return List.of();
  }

  int batch() {
    return batch;
  }

  /** Updates in the loss curve. */
  int steps() {
    return bundle.config().integer("steps");
  }

  double learningRate() {
    return bundle.config().number("optimizer.lr");
  }

  Optimizer.AdamW optimizer() {
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

  /**
   * Whether the bundle says that it holds a tensor; what is too large it may leave out and list.
   */
  boolean stored(String tensor) {
    GoldenConfig config = bundle.config();
    return !config.has("not_stored") || !config.texts("not_stored").contains(tensor);
  }

  /** A tensor {@code prefix + name} of a parameter, of that parameter's shape. */
  float[] parameter(String prefix, ParameterLayout.Entry entry) {
    return bundle.floats(
        prefix + official(entry.name()),
        entry.shape().stream().mapToLong(Integer::longValue).toArray());
  }

  /** Refuses a bundle whose parameters are not those of the model. */
  void requireParameters(ParameterLayout layout) {
    Set<String> fixed = new TreeSet<>();
    fixed().forEach(tensor -> fixed.add(official(tensor.name())));
    requireParameters(layout, fixed);
  }

  /**
   * As {@link #requireParameters(ParameterLayout)}, where {@code others} are what nobody trains.
   */
  void requireParameters(ParameterLayout layout, Set<String> others) {
    TreeSet<String> lacking = new TreeSet<>(others);
    layout.entries().forEach(entry -> lacking.add(official(entry.name())));
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
}
