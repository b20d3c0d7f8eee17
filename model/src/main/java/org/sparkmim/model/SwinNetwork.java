package org.sparkmim.model;

import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.method.LocalMimSwin;
import org.sparkmim.model.method.SwinIndices;
import org.sparkmim.model.method.SwinModel;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.LayerDecay;

/** A compiled Swin in training that is fed with the indices of any mask, as bundles have them. */
public final class SwinNetwork extends Training {
  private final SwinModel model;

  private SwinNetwork(
      SwinModel model, EngineSpec engine, ParameterLayout layout, boolean inspectable) {
    super(
        model.graph(),
        engine,
        layout,
        ParameterVectors.allocate(layout.size()),
        true,
        LayerDecay.none(),
        inspectable);
    this.model = model;
  }

  /**
   * A network with vectors of its own, all zero; see {@link #initialise}.
   *
   * @param inspectable whether every labelled value can be read after a pass; takes more memory
   */
  public static SwinNetwork create(SwinModel model, EngineSpec engine, boolean inspectable) {
    ParameterLayout layout = ParameterLayout.of(model.graph(), LocalMimSwin.UNDECAYED);
    return new SwinNetwork(model, engine, layout, inspectable);
  }

  /**
   * Copies a minibatch in.
   *
   * @param patches visible patches {@code [B, K, 3*P*P]}, unit by unit
   * @param indices of the minibatch's mask
   * @param targets per tap {@code [B, places, width]}
   * @param weights per tap {@code [B, places]}
   */
  public void feed(float[] patches, SwinIndices indices, float[][] targets, float[][] weights) {
    program.write(model.patches(), patches);
    indices.write(program, model.indices());
    for (int k = 0; k < targets.length; k++) {
      program.write(model.heads().get(k).target(), targets[k]);
      program.write(model.heads().get(k).weight(), weights[k]);
    }
  }

  /** Runs forward. Returns the loss of each tap, in an array that the next call overwrites. */
  public double[] forward() {
    return losses();
  }
}
