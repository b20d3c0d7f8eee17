package org.sparkmim.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;

/** A minibatch of noise with valid masks, for tests of the arithmetic. */
public record RandomBatch(
    float[] patches, int[] keepIds, int[] restoreIds, float[][] targets, float[][] weights) {

  /** A small network that has every part of the real one. */
  public static ModelSpec smallSpec() {
    return ModelSpec.localMim(
        32,
        new VitShape(8, 24, 4, 3, 4),
        List.of(0, 1, 2, 3),
        List.of(4.0, 2.0, 1.0, 0.5),
        new ModelSpec.Decoder(16, 1, 2),
        0.75,
        9);
  }

  public static RandomBatch draw(ModelSpec spec, int batch, long seed) {
    Random random = new Random(seed);
    int keep = spec.keep();
    int tokens = spec.tokens();
    float[] patches = new float[batch * keep * spec.patchWidth()];
    for (int i = 0; i < patches.length; i++) {
      patches[i] = (float) random.nextGaussian();
    }
    int[] keepIds = new int[batch * keep];
    int[] restoreIds = new int[batch * tokens];
    for (int b = 0; b < batch; b++) {
      List<Integer> order = new ArrayList<>();
      for (int t = 0; t < tokens; t++) {
        order.add(t);
      }
      Collections.shuffle(order, random);
      for (int rank = 0; rank < tokens; rank++) {
        restoreIds[b * tokens + order.get(rank)] = rank;
        if (rank < keep) {
          keepIds[b * keep + rank] = order.get(rank);
        }
      }
    }
    List<ModelSpec.Output> outputs = spec.outputs();
    float[][] targets = new float[outputs.size()][];
    float[][] weights = new float[outputs.size()][];
    for (int k = 0; k < targets.length; k++) {
      int rows = outputs.get(k).rows();
      targets[k] = new float[batch * rows * outputs.get(k).width()];
      weights[k] = new float[batch * rows];
      for (int i = 0; i < targets[k].length; i++) {
        targets[k][i] = random.nextFloat();
      }
      for (int i = 0; i < weights[k].length; i++) {
        weights[k][i] = random.nextInt(5) / 4f;
      }
      forgetVisible(spec, restoreIds, spec.scales().get(k), weights[k]);
    }
    return new RandomBatch(patches, keepIds, restoreIds, targets, weights);
  }

  /** Cells of visible patches do not count; below scale 1 cells hold several patches. */
  private static void forgetVisible(
      ModelSpec spec, int[] restoreIds, double scale, float[] weights) {
    int side = (int) (spec.grid() * scale);
    for (int i = 0; scale >= 1 && i < weights.length; i++) {
      int row = (int) (i % (side * side) / side / scale);
      int column = (int) (i % side / scale);
      int patch = i / (side * side) * spec.tokens() + row * spec.grid() + column;
      if (restoreIds[patch] < spec.keep()) {
        weights[i] = 0;
      }
    }
  }

  public void feed(Network network) {
    network.feed(patches, keepIds, restoreIds, targets, weights);
  }
}
