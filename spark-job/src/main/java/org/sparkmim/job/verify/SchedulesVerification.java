package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.method.ClassifierModel;
import org.sparkmim.model.method.MaskSpec;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.nn.Positions;
import org.sparkmim.model.optim.LayerDecay;
import org.sparkmim.model.optim.Schedule;

/**
 * Compares functions of numbers alone: learning rates, layer scales, positions, numbers of kept
 * tokens. No engine takes part.
 */
final class SchedulesVerification {
  /** What describes the file as a whole. */
  private static final Set<String> HEADER = Set.of("format", "model", "source");

  private final GoldenTables tables;
  private final List<TensorCheck> checks = new ArrayList<>();

  private SchedulesVerification(GoldenTables tables) {
    this.tables = tables;
  }

  static List<TensorCheck> run(GoldenTables tables) {
    if (!tables.model().equals("schedules")) {
      throw tables.refusal("tables not supported: " + tables.model() + ". Supported are schedules");
    }
    SchedulesVerification verification = new SchedulesVerification(tables);
    tables.root().names().forEach(verification::section);
    if (verification.checks.isEmpty()) {
      throw tables.refusal("it holds no table");
    }
    return verification.checks;
  }

  private void section(String name) {
    if (HEADER.contains(name)) {
      return;
    }
    switch (name) {
      case "cosine" -> each(name, this::cosine);
      case "mmpretrain_schedule" -> each(name, this::mmengine);
      case "layer_decay" -> each(name, this::layerDecay);
      case "pos_embed", "pos_embed_mmpretrain" -> each(name, this::positions);
      case "pos_embed_bicubic" -> each(name, this::resized);
      case "len_keep" -> each(name, this::kept);
      default -> notCompared(name);
    }
  }

  private void each(String section, Consumer<GoldenConfig> comparison) {
    tables.root().objects(section).forEach(comparison);
  }

  private void cosine(GoldenConfig table) {
    known(table, "lr", "min_lr", "warmup_epochs", "epochs", "steps_per_epoch", "values");
    Schedule schedule =
        new Schedule.Cosine(
            table.number("lr"),
            table.number("min_lr"),
            table.number("warmup_epochs"),
            table.number("epochs"),
            positive(table, "steps_per_epoch"));
    numbers(Group.SCHEDULE, table, "values", schedule::rate);
  }

  private void mmengine(GoldenConfig table) {
    known(
        table,
        "lr",
        "min_lr",
        "start_factor",
        "warmup_epochs",
        "epochs",
        "steps_per_epoch",
        "values");
    Schedule schedule =
        new Schedule.Mmengine(
            table.number("lr"),
            table.has("min_lr") ? table.number("min_lr") : 0,
            table.number("start_factor"),
            table.number("warmup_epochs"),
            table.number("epochs"),
            positive(table, "steps_per_epoch"));
    numbers(Group.SCHEDULE, table, "values", schedule::rate);
  }

  private void numbers(Group group, GoldenConfig table, String key, IntToDoubleFunction ours) {
    double[] theirs = table.numbers(key).stream().mapToDouble(Double::doubleValue).toArray();
    double[] yours = new double[theirs.length];
    Arrays.setAll(yours, ours);
    check(group, table.path() + " " + key, Distance.relative(yours, theirs));
  }

  private void layerDecay(GoldenConfig table) {
    known(table, "layer_decay", "depth", "parameters");
    LayerDecay layers = new LayerDecay(table.number("layer_decay"), table.integer("depth"));
    Map<String, GoldenConfig> parameters = table.objectsByName("parameters");
    double[] yours = new double[parameters.size()];
    double[] theirs = new double[parameters.size()];
    TreeSet<String> different = new TreeSet<>();
    ParameterLayout layout = schematic(parameters.keySet());
    int at = 0;
    for (Map.Entry<String, GoldenConfig> each : parameters.entrySet()) {
      known(each.getValue(), "lr_scale", "decayed");
      yours[at] = layers.scale(each.getKey());
      theirs[at++] = each.getValue().number("lr_scale");
      boolean decayed = layout.find(each.getKey()).orElseThrow().decayed();
      if (decayed != each.getValue().flag("decayed")) {
        different.add(each.getKey());
      }
    }
    check(Group.SCHEDULE, table.path() + " lr_scale", Distance.relative(yours, theirs));
    String note = different.isEmpty() ? "" : "differ: " + String.join(", ", different);
    checks.add(new TensorCheck(Group.SETTINGS, table.path() + " decayed", different.size(), note));
  }

  /** Parameters of those names in a classifier's layout; norms and biases are vectors. */
  private static ParameterLayout schematic(Set<String> names) {
    GraphBuilder graph = new GraphBuilder();
    for (String name : names) {
      boolean vector = name.endsWith(".bias") || name.contains("norm");
      int[] shape = vector ? new int[] {1} : new int[] {1, 1};
      graph.parameter(name, new Init.Constant(0), shape);
    }
    return ClassifierModel.layout(graph.build());
  }

  private void positions(GoldenConfig table) {
    known(table, "dim", "grid", "order", "cls_row", "values");
    int width = positive(table, "dim");
    int grid = positive(table, "grid");
    if (width % 4 != 0) {
      throw tables.refusal("its " + table.path() + ".dim = " + width + " is no multiple of 4");
    }
    boolean cls = table.flag("cls_row");
    double[] theirs = table.matrix("values", (long) grid * grid + (cls ? 1 : 0), width);
    float[] yours = Positions.table(grid, width, order(table));
    fixed(table, cls ? yours : Arrays.copyOfRange(yours, width, yours.length), theirs);
  }

  private Positions.Order order(GoldenConfig table) {
    String order = table.text("order");
    if (order.startsWith("column first")) {
      return Positions.Order.COLUMN_FIRST;
    } else if (order.startsWith("row first")) {
      return Positions.Order.ROW_FIRST;
    }
    throw tables.refusal(
        "its " + table.path() + ".order = " + order + " begins with neither row nor column first");
  }

  private void resized(GoldenConfig table) {
    known(table, "dim", "old", "new", "input", "output");
    int width = positive(table, "dim");
    int from = positive(table, "old");
    int to = positive(table, "new");
    double[] input = table.matrix("input", 1 + (long) from * from, width);
    double[] theirs = table.matrix("output", 1 + (long) to * to, width);
    float[] old = new float[input.length];
    for (int i = 0; i < old.length; i++) {
      old[i] = (float) input[i];
    }
    fixed(table, Positions.resize(old, width, from, to), theirs);
  }

  private void fixed(GoldenConfig table, float[] yours, double[] theirs) {
    double[] wide = new double[yours.length];
    Arrays.setAll(wide, i -> yours[i]);
    check(Group.FIXED, table.path(), Distance.relative(wide, theirs));
  }

  private void kept(GoldenConfig table) {
    known(table, "tokens", "mask_ratio", "keep", "swin_masked_units");
    int tokens = positive(table, "tokens");
    double ratio = table.number("mask_ratio");
    count(table, "keep", MaskSpec.keptTokens(tokens, ratio));
    if (table.has("swin_masked_units")) {
      count(table, "swin_masked_units", MaskSpec.hiddenUnits(tokens, ratio));
    }
  }

  private void count(GoldenConfig table, String key, int ours) {
    int theirs = table.integer(key);
    String note = ours == theirs ? "" : ours + " against " + theirs;
    String name = table.path() + "." + key;
    checks.add(new TensorCheck(Group.INDICES, name, ours == theirs ? 0 : 1, note));
  }

  /** What stands in a table beside the known cannot be vouched for. */
  private void known(GoldenConfig table, String... names) {
    List<String> known = List.of(names);
    for (String name : table.names()) {
      if (!known.contains(name)) {
        notCompared(table.path() + "." + name);
      }
    }
  }

  private int positive(GoldenConfig table, String key) {
    int value = table.integer(key);
    if (value < 1) {
      throw tables.refusal(
          "its " + table.path() + "." + key + " = " + value + " must be at least 1");
    }
    return value;
  }

  private void notCompared(String name) {
    check(Group.NOT_COMPARED, name, 1);
  }

  private void check(Group group, String name, double error) {
    checks.add(new TensorCheck(group, name, error));
  }
}
