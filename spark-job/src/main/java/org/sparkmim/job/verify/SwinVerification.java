package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sparkmim.model.SwinNetwork;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.FixedTensor;
import org.sparkmim.model.method.SwinGrid;
import org.sparkmim.model.method.SwinModel;
import org.sparkmim.model.method.SwinShape;
import org.sparkmim.model.method.WindowGroups;

/**
 * Trains LocalMIM on Swin from a bundle's parameters, images and masks, and compares everything on
 * the way: first with the coordinates of the published code, then, as far as the bundle goes, with
 * true ones.
 */
final class SwinVerification {
  private static final String TRUE_COORDINATES = "truecoords/";

  private final GoldenBundle bundle;
  private final SwinBundle golden;
  private final EngineSpec engine;
  private final List<TensorCheck> checks = new ArrayList<>();

  private SwinVerification(GoldenBundle bundle, EngineSpec engine) {
    this.bundle = bundle;
    this.engine = engine;
    golden = new SwinBundle(bundle);
  }

  static List<TensorCheck> run(GoldenBundle bundle, EngineSpec engine) {
    SwinVerification verification = new SwinVerification(bundle, engine);
    verification.published();
    verification.trueCoordinates();
    bundle.notAsked().forEach(name -> verification.check(Group.NOT_COMPARED, name, 1));
    return verification.checks;
  }

  private void published() {
    SwinGrid grid = golden.grid(SwinShape.Coordinates.PUBLISHED);
    SwinModel model = golden.model(grid);
    try (SwinNetwork network = SwinNetwork.create(model, engine, true)) {
      golden.requireParameters(network.layout());
      ParameterChecks parameters =
          new ParameterChecks(golden, network.layout(), network.state(), checks);
      parameters.settings();
      for (FixedTensor tensor : golden.fixed()) {
        String name = "param/" + tensor.name();
        relative(Group.FIXED, name, tensor.numbers());
      }
      SwinBundle.Step step = golden.step(grid, 0);
      indices(grid, step);
      parameters.load();
      feed(network, step);
      double[] losses = network.forward().clone();
      forward(network, model);
      losses(losses);
      network.backward();
      parameters.gradients();
      ParameterChecks.Trainer trainer = trainer(network, grid);
      parameters.optimizerAlone(trainer);
      parameters.curve(trainer);
    }
  }

  /** The same parameters and masks, but tokens lie where they are. */
  private void trueCoordinates() {
    SwinGrid grid = golden.grid(SwinShape.Coordinates.TRUE);
    SwinModel model = golden.model(grid);
    try (SwinNetwork network = SwinNetwork.create(model, engine, true)) {
      ParameterChecks parameters =
          new ParameterChecks(golden, network.layout(), network.state(), checks);
      parameters.load();
      String curve = TRUE_COORDINATES + "loss_curve";
      double[] losses = new double[Math.toIntExact(bundle.shape(curve).get(0))];
      if (losses.length > golden.steps()) {
        throw bundle.refusal(curve + " has more steps than the bundle has masks");
      }
      ParameterChecks.Trainer trainer = trainer(network, grid);
      for (int step = 0; step < losses.length; step++) {
        losses[step] = trainer.pass(step);
        if (step == 0) {
          for (int k = 0; k < model.heads().size(); k++) {
            String latent = "latent/" + k;
            if (bundle.has(TRUE_COORDINATES + latent)) {
              relative(Group.FORWARD, TRUE_COORDINATES + latent, network.read(latent));
            }
          }
          loss(TRUE_COORDINATES + "loss", losses[0]);
        }
        trainer.update(step + 1);
      }
      float[] theirs = bundle.floats(curve, losses.length);
      check(Group.LOSS_CURVE, curve, Distance.relative(losses, theirs));
    }
  }

  private ParameterChecks.Trainer trainer(SwinNetwork network, SwinGrid grid) {
    return new ParameterChecks.Trainer() {
      @Override
      public double pass(int step) {
        feed(network, golden.step(grid, step));
        double loss = Arrays.stream(network.forward()).sum();
        network.backward();
        return loss;
      }

      @Override
      public void update(long step) {
        network.update(golden.optimizer(), golden.learningRate(), step);
      }
    };
  }

  private void feed(SwinNetwork network, SwinBundle.Step step) {
    network.feed(step.patches(), step.indices(), golden.targets(), step.weights());
  }

  private void indices(SwinGrid grid, SwinBundle.Step step) {
    int units = grid.units();
    int[] first = bundle.ints("input/randperm_steps", golden.steps(), units);
    differing("input/randperm", Arrays.copyOf(first, units), units);
    check(
        Group.INDICES,
        "mask",
        Distance.differing(step.hidden(), bundle.floats("mask", golden.batch(), units)));
    for (int k = 0; k < step.weights().length; k++) {
      int places = step.weights()[k].length / golden.batch();
      float[] weights = Arrays.copyOf(step.weights()[k], places);
      String mask = "mask/" + k;
      check(Group.INDICES, mask, Distance.differing(weights, bundle.floats(mask, 1, places)));
      differing("ids_restore/" + k, byUnit(grid, k, step.indices().restoreIds(k)), 1, places);
    }
    for (int stage = 0; stage < grid.shape().stages(); stage++) {
      List<WindowGroups> windows = step.indices().windows(stage);
      int[][] coordinates = windows.get(0).coordinates();
      int[] pairs = new int[2 * coordinates[0].length];
      for (int t = 0; t < coordinates[0].length; t++) {
        pairs[2 * t] = coordinates[0][t];
        pairs[2 * t + 1] = coordinates[1][t];
      }
      differing("coords/" + stage, pairs, coordinates[0].length, 2);
      for (int i = 0; i < windows.size(); i++) {
        String name = "window/" + stage + "/shift" + grid.shift(stage, i);
        int[] yours = windows.get(i).windows();
        int[] theirs = bundle.ints(name, yours.length);
        check(Group.INDICES, name, Distance.differing(firstOf(yours), firstOf(theirs)));
      }
    }
  }

  /** For each token the first one of its window: two numberings of the same windows agree. */
  private static int[] firstOf(int[] windows) {
    Map<Integer, Integer> first = new HashMap<>();
    int[] firsts = new int[windows.length];
    for (int t = 0; t < windows.length; t++) {
      Integer before = first.putIfAbsent(windows[t], t);
      firsts[t] = before == null ? t : before;
    }
    return firsts;
  }

  /** Numbers of places row by row, in the order in which the published code has them. */
  private static int[] byUnit(SwinGrid grid, int tap, int[] ids) {
    int stage = grid.tapStage(tap);
    int side = grid.unitSide(stage);
    int[] ordered = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      int unit = i / (side * side);
      int within = i % (side * side);
      int row = unit / grid.unitsAcross() * side + within / side;
      int column = unit % grid.unitsAcross() * side + within % side;
      ordered[i] = ids[row * grid.side(stage) + column];
    }
    return ordered;
  }

  private void forward(SwinNetwork network, SwinModel model) {
    SwinShape shape = golden.grid(SwinShape.Coordinates.PUBLISHED).shape();
    for (int stage = 0; stage < shape.stages(); stage++) {
      for (int block = 0; block < shape.depths().get(stage); block++) {
        String name = "block/" + stage + "." + block;
        if (golden.stored(name)) {
          relative(Group.FORWARD, name, network.read(name));
        }
      }
      relative(Group.FORWARD, "latent/" + stage, network.read("latent/" + stage));
    }
    for (int k = 0; k < model.heads().size(); k++) {
      map("pred", k, network.read("pred/" + k));
      map("target", k, golden.targets()[k]);
    }
  }

  /** A whole map, or, where the bundle leaves it out, some of its rows and its sums of squares. */
  private void map(String kind, int tap, float[] yours) {
    if (golden.isHog()) {
      relative(Group.FORWARD, kind + "/" + tap, yours);
      return;
    }
    int batch = golden.batch();
    int image = yours.length / batch;
    int width = golden.targetWidth(tap);
    int count = Math.toIntExact(bundle.shape("tokens/" + tap).get(0));
    int[] rows = bundle.ints("tokens/" + tap, count);
    float[] chosen = new float[batch * count * width];
    double[] squares = new double[batch];
    for (int b = 0; b < batch; b++) {
      for (int i = 0; i < count; i++) {
        if (rows[i] < 0 || rows[i] >= image / width) {
          throw bundle.refusal("tokens/" + tap + " names token " + rows[i]);
        }
        System.arraycopy(
            yours, b * image + rows[i] * width, chosen, (b * count + i) * width, width);
      }
      for (int i = b * image; i < (b + 1) * image; i++) {
        squares[b] += (double) yours[i] * yours[i];
      }
    }
    relative(Group.FORWARD, kind + "_tokens/" + tap, chosen);
    String sums = kind + "_sumsq/" + tap;
    check(Group.FORWARD, sums, Distance.relative(squares, bundle.floats(sums, batch)));
  }

  private void losses(double[] losses) {
    for (int k = 0; k < losses.length; k++) {
      loss("loss/" + k, losses[k]);
    }
    loss("loss", Arrays.stream(losses).sum());
  }

  private void loss(String name, double yours) {
    check(Group.LOSS, name, Distance.relative(new double[] {yours}, bundle.floats(name, 1)));
  }

  private void relative(Group group, String name, float[] yours) {
    check(group, name, Distance.relative(yours, bundle.values(name, yours.length)));
  }

  private void differing(String name, int[] yours, long... shape) {
    check(Group.INDICES, name, Distance.differing(yours, bundle.ints(name, shape)));
  }

  private void check(Group group, String name, double error) {
    checks.add(new TensorCheck(group, name, error));
  }
}
