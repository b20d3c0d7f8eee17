package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.FixedTensor;

/**
 * Trains on a bundle's parameters, images and noise, and compares everything on the way.
 *
 * <p>Values are those of a network that predicts all patches, as the published code does; gradients
 * and updates are those of the network that trains in use, which predicts hidden ones only.
 */
final class TrainingVerification {
  private static final Set<String> EVERYWHERE = Set.of("block/", "latent/", "pred/");
  private static final Set<String> ELSEWHERE = Set.of("target/", "mask/", "loss/");

  private final GoldenBundle bundle;
  private final TrainingBundle golden;
  private final EngineSpec engine;
  private final List<TensorCheck> checks = new ArrayList<>();
  private ParameterChecks parameters;

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
    indices(golden.step(0));
    try (Network network = Network.create(golden.spec(), engine, golden.batch(), true)) {
      golden.requireParameters(network.layout());
      parameters = new ParameterChecks(golden, network.layout(), network.state(), checks);
      parameters.settings();
      fixed(golden.fixed());
      values(network);
    }
    try (Network network = Network.create(golden.spec(), engine, golden.batch())) {
      parameters = new ParameterChecks(golden, network.layout(), network.state(), checks);
      ParameterChecks.Trainer trainer = trainer(network);
      parameters.load();
      trainer.pass(0);
      parameters.gradients();
      parameters.optimizerAlone(trainer);
      parameters.curve(trainer);
    }
    bundle.notAsked().forEach(name -> check(Group.NOT_COMPARED, name, 1));
  }

  private void fixed(List<FixedTensor> fixed) {
    for (FixedTensor tensor : fixed) {
      String name = "param/" + golden.official(tensor.name());
      long[] shape = tensor.shape().stream().mapToLong(Integer::longValue).toArray();
      relative(Group.FIXED, name, tensor.numbers(), bundle.floats(name, shape));
    }
  }

  private void values(Network network) {
    TrainingBundle.Step step = golden.step(0);
    parameters.load();
    feed(network, step);
    double[] losses = network.forward().clone();
    forward(network, step);
    losses(names(network, "loss/"), losses);
    golden.compareOwn(step, engine, checks);
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

  private ParameterChecks.Trainer trainer(Network network) {
    return new ParameterChecks.Trainer() {
      @Override
      public double pass(int step) {
        feed(network, golden.step(step));
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

  private void feed(Network network, TrainingBundle.Step step) {
    network.feed(step.patches(), step.keepIds(), step.restoreIds(), step.targets(), step.weights());
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
