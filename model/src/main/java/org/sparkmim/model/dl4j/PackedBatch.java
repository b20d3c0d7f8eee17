package org.sparkmim.model.dl4j;

import java.nio.FloatBuffer;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.sparkmim.model.Network;
import org.sparkmim.model.method.ModelSpec;

/**
 * A minibatch as DL4J wants it: one row an image.
 *
 * <p>A row of features is {@code [patches K*3*P*P, keep ids K, restore ids L]}; a row of labels is,
 * head after head, {@code [targets rows*width, weights rows]}. Ids are small enough to be exact as
 * floats. Packing and unpacking allocate nothing.
 */
public final class PackedBatch {
  private final ModelSpec spec;
  private final int batch;
  private final List<ModelSpec.Output> outputs;
  private final float[] patches;
  private final int[] keepIds;
  private final int[] restoreIds;
  private final float[][] targets;
  private final float[][] weights;
  private final float[] ids;

  /** Room for unpacking batches of that shape. */
  public PackedBatch(ModelSpec spec, int batch) {
    this.spec = spec;
    this.batch = batch;
    outputs = spec.outputs();
    int heads = outputs.size();
    patches = new float[batch * spec.keep() * spec.patchWidth()];
    keepIds = new int[batch * spec.keep()];
    restoreIds = new int[batch * spec.tokens()];
    targets = new float[heads][];
    weights = new float[heads][];
    for (int k = 0; k < heads; k++) {
      targets[k] = new float[batch * outputs.get(k).rows() * outputs.get(k).width()];
      weights[k] = new float[batch * outputs.get(k).rows()];
    }
    ids = new float[Math.max(spec.keep(), spec.tokens())];
  }

  /** Numbers in a row of features. */
  public static int featureWidth(ModelSpec spec) {
    return spec.keep() * spec.patchWidth() + spec.keep() + spec.tokens();
  }

  /** Numbers in a row of labels. */
  public static int labelWidth(ModelSpec spec) {
    int width = 0;
    for (ModelSpec.Output output : spec.outputs()) {
      width += output.rows() * (output.width() + 1);
    }
    return width;
  }

  /** An array for the features or labels of {@code batch} images. */
  public static INDArray allocate(int batch, int width) {
    return Nd4j.createUninitialized(DataType.FLOAT, new long[] {batch, width}, 'c');
  }

  /** Fills features and labels of a batch. */
  public static void pack(
      ModelSpec spec,
      float[] patches,
      int[] keepIds,
      int[] restoreIds,
      float[][] targets,
      float[][] weights,
      INDArray features,
      INDArray labels) {
    int batch = (int) features.size(0);
    FloatBuffer to = buffer(features);
    int perImage = spec.keep() * spec.patchWidth();
    for (int b = 0; b < batch; b++) {
      to.put(patches, b * perImage, perImage);
      for (int i = 0; i < spec.keep(); i++) {
        to.put(keepIds[b * spec.keep() + i]);
      }
      for (int i = 0; i < spec.tokens(); i++) {
        to.put(restoreIds[b * spec.tokens() + i]);
      }
    }
    List<ModelSpec.Output> outputs = spec.outputs();
    to = buffer(labels);
    for (int b = 0; b < batch; b++) {
      for (int k = 0; k < targets.length; k++) {
        int rows = outputs.get(k).rows();
        int width = rows * outputs.get(k).width();
        to.put(targets[k], b * width, width);
        to.put(weights[k], b * rows, rows);
      }
    }
  }

  /** Feeds packed features, and packed labels unless they are null, to a network. */
  public void feed(INDArray features, INDArray labels, Network network) {
    unpackFeatures(features);
    if (labels != null) {
      unpackLabels(labels);
    }
    network.feed(patches, keepIds, restoreIds, targets, weights);
  }

  private void unpackFeatures(INDArray features) {
    check(features, featureWidth(spec));
    FloatBuffer from = buffer(features);
    int perImage = spec.keep() * spec.patchWidth();
    for (int b = 0; b < batch; b++) {
      from.get(patches, b * perImage, perImage);
      readIds(from, keepIds, b * spec.keep(), spec.keep());
      readIds(from, restoreIds, b * spec.tokens(), spec.tokens());
    }
  }

  private void unpackLabels(INDArray labels) {
    check(labels, labelWidth(spec));
    FloatBuffer from = buffer(labels);
    for (int b = 0; b < batch; b++) {
      for (int k = 0; k < targets.length; k++) {
        int rows = outputs.get(k).rows();
        int width = rows * outputs.get(k).width();
        from.get(targets[k], b * width, width);
        from.get(weights[k], b * rows, rows);
      }
    }
  }

  private void readIds(FloatBuffer from, int[] target, int first, int count) {
    from.get(ids, 0, count);
    for (int i = 0; i < count; i++) {
      target[first + i] = (int) ids[i];
    }
  }

  private void check(INDArray rows, int width) {
    if (rows.rank() != 2 || rows.size(0) != batch || rows.size(1) != width) {
      throw new IllegalArgumentException(
          "expected ["
              + batch
              + ", "
              + width
              + "], got "
              + java.util.Arrays.toString(rows.shape()));
    }
  }

  private static FloatBuffer buffer(INDArray rows) {
    return Arrays.pointer(rows).limit(rows.length()).asBuffer();
  }
}
