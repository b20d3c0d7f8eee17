package org.sparkmim.model;

import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.method.FeatureModel;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.nn.ParameterLayout;

/** The trained encoder on whole images: features for evaluation. For one thread at a time. */
public final class Encoder implements AutoCloseable {
  private final ModelSpec spec;
  private final int batch;
  private final FeatureModel model;
  private final ParameterLayout layout;
  private final ParameterVectors state;
  private final Program program;
  private final float[] tokens;

  private Encoder(ModelSpec spec, EngineSpec engine, int batch, FeatureModel model) {
    this.spec = spec;
    this.batch = batch;
    this.model = model;
    layout = ParameterLayout.of(model.graph());
    state = ParameterVectors.allocate(layout.size());
    program =
        engine
            .engine()
            .compile(model.graph(), state, new Engine.Options(false, false, engine.precision()));
    tokens = new float[Math.toIntExact(model.tokens().size())];
    model.indices().accept(program);
  }

  /** An encoder for batches of {@code batch} images, all parameters zero. */
  public static Encoder create(ModelSpec spec, EngineSpec engine, int batch) {
    return new Encoder(spec, engine, batch, FeatureModel.build(spec, batch));
  }

  /** The same with a position table of its own; see {@link FeatureModel#build}. */
  public static Encoder create(ModelSpec spec, EngineSpec engine, int batch, float[] positions) {
    return new Encoder(spec, engine, batch, FeatureModel.build(spec, batch, positions));
  }

  /** The encoder's parameters: a subset of the training network's, by the same names. */
  public ParameterLayout layout() {
    return layout;
  }

  /**
   * Takes the encoder's share of a training network's parameters.
   *
   * @param full vector laid out as {@link Network#layoutOf}
   */
  public void load(ParameterLayout fullLayout, float[] full) {
    OffHeap parameters = new OffHeap(state.parameters(), state.size());
    for (ParameterLayout.Entry entry : layout.entries()) {
      ParameterLayout.Entry source = fullLayout.find(entry.name()).orElseThrow();
      int from = Math.toIntExact(source.offset());
      int length = Math.toIntExact(entry.size());
      float[] numbers = java.util.Arrays.copyOfRange(full, from, from + length);
      parameters.put(entry.offset(), numbers, length);
    }
  }

  /** Draws the parameters as a training network of the same seed does: the untrained baseline. */
  public void initialise(long seed) {
    Network.initialise(layout, state, seed);
  }

  /**
   * Encodes a batch.
   *
   * @param patches all patches in raster order {@code [B, L, 3*P*P]}
   * @param mean receives the mean of the patch tokens {@code [B, D]}
   * @param cls receives the class token {@code [B, D]}; left alone by an encoder that has none
   */
  public void encode(float[] patches, float[] mean, float[] cls) {
    program.write(model.patches(), patches);
    program.forward();
    program.read(model.tokens(), tokens);
    int width = spec.width();
    int all = model.tokens().extent(1);
    int skipped = model.classTokens();
    for (int b = 0; b < batch; b++) {
      int first = b * all * width;
      for (int d = 0; d < width; d++) {
        double sum = 0;
        for (int t = skipped; t < all; t++) {
          sum += tokens[first + t * width + d];
        }
        mean[b * width + d] = (float) (sum / (all - skipped));
        if (skipped > 0) {
          cls[b * width + d] = tokens[first + d];
        }
      }
    }
  }

  @Override
  public void close() {
    program.close();
    state.close();
  }
}
