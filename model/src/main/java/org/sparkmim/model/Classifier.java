package org.sparkmim.model;

import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.method.ClassifierModel;
import org.sparkmim.model.method.ClassifierSpec;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.LayerDecay;

/** A compiled classifier in fine-tuning: feed a minibatch, run forward, backward, update. */
public final class Classifier extends Training {
  private final ClassifierModel model;

  private Classifier(
      ClassifierModel model,
      EngineSpec engine,
      ParameterLayout layout,
      LayerDecay layers,
      boolean inspectable) {
    super(
        model.graph(),
        engine,
        layout,
        ParameterVectors.allocate(layout.size()),
        true,
        layers,
        inspectable);
    this.model = model;
  }

  /**
   * A classifier with vectors of its own, all zero; see {@link #initialise}.
   *
   * @param layers how much slower lower layers learn
   * @param inspectable whether every labelled value can be read after a pass; takes more memory
   */
  public static Classifier create(
      ClassifierSpec spec, EngineSpec engine, int batch, LayerDecay layers, boolean inspectable) {
    ClassifierModel model = ClassifierModel.build(spec, batch);
    ParameterLayout layout = ClassifierModel.layout(model.graph());
    return new Classifier(model, engine, layout, layers, inspectable);
  }

  /**
   * Copies a minibatch in.
   *
   * @param patches all patches in raster order {@code [B, L, 3*P*P]}
   * @param targets shares of the classes {@code [B, classes]}; see {@link
   *     org.sparkmim.model.method.SoftTargets}
   */
  public void feed(float[] patches, float[] targets) {
    program.write(model.patches(), patches);
    program.write(model.targets(), targets);
  }

  /** Runs forward and returns the loss. */
  public double forward() {
    return losses()[0];
  }

  /** Logits {@code [B, classes]} of the last {@link #forward()}, before {@link #backward()}. */
  public float[] logits() {
    return read(model.logits());
  }
}
