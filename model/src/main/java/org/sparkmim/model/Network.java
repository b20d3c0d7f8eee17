package org.sparkmim.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.HogTargets;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.method.MimModel;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.Predicted;
import org.sparkmim.model.method.TargetSpec;
import org.sparkmim.model.nn.InitialValues;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.LayerDecay;

/** A compiled network in training: feed a minibatch, run forward, backward, update. */
public final class Network extends Training {
  private final ModelSpec spec;
  private final int batch;
  private final MimModel model;
  private final Value branchScale;
  private HogTargets hog;

  private Network(
      ModelSpec spec,
      EngineSpec engine,
      int batch,
      boolean inspectable,
      MimModel model,
      ParameterLayout layout,
      ParameterVectors state,
      boolean ownsState) {
    super(model.graph(), engine, layout, state, ownsState, LayerDecay.none(), inspectable);
    this.spec = spec;
    this.batch = batch;
    this.model = model;
    branchScale = model.branchScale().orElse(null);
    if (branchScale != null) {
      float[] whole = new float[Math.toIntExact(branchScale.size())];
      Arrays.fill(whole, 1);
      program.write(branchScale, whole);
    }
  }

  /** A network with vectors of its own, all zero; see {@link #initialise}. */
  public static Network create(ModelSpec spec, EngineSpec engine, int batch) {
    return create(spec, engine, batch, false);
  }

  /**
   * A network with vectors of its own.
   *
   * @param inspectable whether every labelled value can be read after a pass and all patches are
   *     predicted; takes more memory and time
   */
  public static Network create(ModelSpec spec, EngineSpec engine, int batch, boolean inspectable) {
    Predicted predicted = inspectable ? Predicted.ALL : Predicted.HIDDEN;
    MimModel model = spec.method().build(spec, batch, predicted);
    ParameterLayout layout = layout(spec, model);
    ParameterVectors state = ParameterVectors.allocate(layout.size());
    return new Network(spec, engine, batch, inspectable, model, layout, state, true);
  }

  /**
   * A network that predicts all patches, on vectors that somebody else owns, of {@code
   * layoutOf(spec).size()} floats.
   */
  public static Network bind(ModelSpec spec, EngineSpec engine, int batch, ParameterVectors state) {
    MimModel model = spec.method().build(spec, batch, Predicted.ALL);
    ParameterLayout layout = layout(spec, model);
    if (layout.size() != state.size()) {
      throw new IllegalArgumentException(
          "the network has " + layout.size() + " parameters, the vectors " + state.size());
    }
    return new Network(spec, engine, batch, false, model, layout, state, false);
  }

  /** The parameters of a network of that shape; independent of the batch. */
  public static ParameterLayout layoutOf(ModelSpec spec) {
    return layout(spec, spec.method().build(spec, 1, Predicted.HIDDEN));
  }

  private static ParameterLayout layout(ModelSpec spec, MimModel model) {
    return ParameterLayout.of(model.graph(), spec.undecayed());
  }

  public ModelSpec spec() {
    return spec;
  }

  /** Images in a minibatch. */
  public int batch() {
    return batch;
  }

  /** Draws parameters into vectors of that layout and clears the moments. */
  public static void initialise(ParameterLayout layout, ParameterVectors state, long seed) {
    InitialValues.draw(layout, seed, new OffHeap(state.parameters(), state.size()));
    OffHeap first = new OffHeap(state.firstMoment(), state.size());
    OffHeap second = new OffHeap(state.secondMoment(), state.size());
    float[] zeros = new float[4096];
    for (long at = 0; at < state.size(); at += zeros.length) {
      int length = (int) Math.min(zeros.length, state.size() - at);
      first.put(at, zeros, length);
      second.put(at, zeros, length);
    }
  }

  /**
   * Copies a minibatch in.
   *
   * @param patches visible patches {@code [B, K, 3*P*P]} in rank order
   * @param keepIds their places {@code [B, K]}
   * @param restoreIds inverse permutation {@code [B, L]}; unread where nothing is decoded
   * @param targets per head {@code [B, rows, width]}
   * @param weights per head {@code [B, rows]}; those of visible patches are 0
   */
  public void feed(
      float[] patches, int[] keepIds, int[] restoreIds, float[][] targets, float[][] weights) {
    for (int k = 0; k < targets.length; k++) {
      program.write(model.heads().get(k).target(), targets[k]);
    }
    feed(patches, keepIds, restoreIds, weights);
  }

  /**
   * Copies a minibatch in of which the engine makes the targets, see {@link #makeTargets}.
   *
   * @param images unsigned planes {@code [B, 3, S, S]}
   */
  public void feed(
      float[] patches, int[] keepIds, int[] restoreIds, byte[] images, float[][] weights) {
    hog.write(images);
    feed(patches, keepIds, restoreIds, weights);
  }

  private void feed(float[] patches, int[] keepIds, int[] restoreIds, float[][] weights) {
    model.inputs().write(program, patches, keepIds, restoreIds);
    for (int k = 0; k < weights.length; k++) {
      program.write(model.heads().get(k).weight(), weights[k]);
    }
  }

  /**
   * Whether a network is fed images, of which its engine makes the targets.
   *
   * @throws ModelException (argument) if the engine is to make targets that only loaders make
   */
  public static boolean makesTargets(ModelSpec spec, EngineSpec engine) {
    TargetSpec.Kind kind = spec.target().kind();
    if (engine.makesTargets() && kind != TargetSpec.Kind.HOG) {
      throw new ModelException(
          ModelException.Kind.ARGUMENT,
          "engine.targets = device makes model.target.kind = hog, and it is "
              + kind.key()
              + ". Use engine.targets = loader.");
    }
    return engine.makesTargets();
  }

  /**
   * Lets the engine make the targets of the images that it is fed.
   *
   * @param directions for each head, see {@link HogTargets.Tap}
   */
  public void makeTargets(List<int[]> directions) {
    List<HogTargets.Tap> taps = new ArrayList<>();
    for (int k = 0; k < directions.size(); k++) {
      Value target = model.heads().get(k).target();
      taps.add(new HogTargets.Tap(target, spec.cellSizes().get(k), directions.get(k)));
    }
    hog = program.hogTargets(spec.imageSize(), taps).orElseThrow();
  }

  /**
   * Says what the branches of the encoder's blocks count for each image, until it is said again; 1
   * at first.
   *
   * @param scale {@code [2 * depth, B]}, of attention and MLP of each block; only for networks with
   *     {@link ModelSpec#dropPath}
   */
  public void scaleBranches(float[] scale) {
    program.write(branchScale, scale);
  }

  /** Runs forward. Returns the loss of each head, in an array that the next call overwrites. */
  public double[] forward() {
    return losses();
  }

  /** Prediction of a head, see {@link MimModel.Head}, between forward and backward. */
  public float[] prediction(int head) {
    return read(model.heads().get(head).prediction());
  }
}
