package org.sparkmim.model.engine.onednn;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/**
 * Kernels of {@link Op.Mix}, in Java: every term is read once, in tiles that stay in the cache.
 * Sums run in double, tile after tile, so that the number of threads does not change the result.
 */
final class MixKernels {
  private static final int TILE = 4096;

  private final Emission emission;
  private final Team team;

  MixKernels(Emission emission, Team team) {
    this.emission = emission;
    this.team = team;
  }

  List<Kernel> forward(Op.Mix op) {
    Terms terms = new Terms(op);
    HostAccess out = new HostAccess(emission.buffers().of(op.out()));
    IntConsumer tile =
        i -> {
          float[][] numbers = terms.scratch.get();
          float[] sum = numbers[0];
          float[] term = numbers[1];
          int length = terms.length(i);
          for (int j = 0; j < terms.count; j++) {
            terms.access[j].read(i * TILE, term, length);
            float share = terms.shares[j];
            if (j == 0) {
              scale(share, term, sum, length);
            } else {
              addScaled(share, term, sum, length);
            }
          }
          out.write(i * TILE, sum, length);
        };
    return List.of(
        () -> {
          terms.readShares();
          team.run(terms.tiles, tile);
        });
  }

  List<Kernel> backward(Op.Mix op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    Terms terms = new Terms(op);
    HostAccess gradient = new HostAccess(buffers.gradient(op.out()));
    HostAccess[] targets = new HostAccess[terms.count];
    boolean[] add = new boolean[terms.count];
    for (int j = 0; j < terms.count; j++) {
      Write write = step.write(op.terms().get(j));
      targets[j] = write == Write.NONE ? null : new HostAccess(buffers.gradient(op.terms().get(j)));
      add[j] = write == Write.ADD;
    }
    double[][] products = new double[terms.tiles][terms.count];
    IntConsumer tile =
        i -> {
          float[][] numbers = terms.scratch.get();
          float[] dOut = numbers[0];
          float[] other = numbers[1];
          int length = terms.length(i);
          gradient.read(i * TILE, dOut, length);
          for (int j = 0; j < terms.count; j++) {
            terms.access[j].read(i * TILE, other, length);
            products[i][j] = dot(dOut, other, length);
            if (targets[j] == null) {
              continue;
            }
            if (add[j]) {
              targets[j].read(i * TILE, other, length);
              addScaled(terms.shares[j], dOut, other, length);
            } else {
              scale(terms.shares[j], dOut, other, length);
            }
            targets[j].write(i * TILE, other, length);
          }
        };
    Kernel run =
        () -> {
          terms.readShares();
          team.run(terms.tiles, tile);
        };
    Write write = step.write(op.weights());
    return write == Write.NONE
        ? List.of(run)
        : List.of(run, weightGradient(op, terms, products, write));
  }

  private Kernel weightGradient(Op.Mix op, Terms terms, double[][] products, Write write) {
    HostAccess target = new HostAccess(emission.buffers().gradient(op.weights()));
    float[] all = new float[Math.toIntExact(op.weights().size())];
    double[] sums = new double[terms.count];
    int first = op.row() * terms.count;
    return () -> {
      double expected = 0;
      for (int j = 0; j < terms.count; j++) {
        sums[j] = 0;
        for (double[] ofTile : products) {
          sums[j] += ofTile[j];
        }
        expected += terms.shares[j] * sums[j];
      }
      // Other rows are other mixtures' business; the first to write clears them.
      if (write == Write.ADD) {
        target.read(all);
      } else {
        Arrays.fill(all, 0);
      }
      for (int j = 0; j < terms.count; j++) {
        all[first + j] += (float) (op.softmax() ? terms.shares[j] * (sums[j] - expected) : sums[j]);
      }
      target.write(all);
    };
  }

  private static void scale(float factor, float[] from, float[] to, int length) {
    for (int i = 0; i < length; i++) {
      to[i] = factor * from[i];
    }
  }

  private static void addScaled(float factor, float[] from, float[] to, int length) {
    for (int i = 0; i < length; i++) {
      to[i] += factor * from[i];
    }
  }

  /** Four sums at a time: one alone would wait for each addition. */
  private static double dot(float[] left, float[] right, int length) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < length; i += 4) {
      a += (double) left[i] * right[i];
      b += (double) left[i + 1] * right[i + 1];
      c += (double) left[i + 2] * right[i + 2];
      d += (double) left[i + 3] * right[i + 3];
    }
    for (; i < length; i++) {
      a += (double) left[i] * right[i];
    }
    return (a + b) + (c + d);
  }

  /** What is mixed, and by how much. */
  private final class Terms {
    final int count;
    final int tiles;
    final float[] shares;
    final HostAccess[] access;
    final ThreadLocal<float[][]> scratch = ThreadLocal.withInitial(() -> new float[2][TILE]);
    private final int size;
    private final int first;
    private final boolean softmax;
    private final HostAccess weights;
    private final float[] allWeights;

    Terms(Op.Mix op) {
      Buffers buffers = emission.buffers();
      count = op.terms().size();
      size = Math.toIntExact(op.out().size());
      tiles = (size + TILE - 1) / TILE;
      shares = new float[count];
      access = new HostAccess[count];
      for (int j = 0; j < count; j++) {
        access[j] = new HostAccess(buffers.of(op.terms().get(j)));
      }
      first = op.row() * count;
      softmax = op.softmax();
      weights = new HostAccess(buffers.of(op.weights()));
      allWeights = new float[Math.toIntExact(op.weights().size())];
    }

    int length(int tile) {
      return Math.min(TILE, size - tile * TILE);
    }

    void readShares() {
      weights.read(allWeights);
      double sum = 0;
      for (int j = 0; j < count; j++) {
        sum += Math.exp(allWeights[first + j]);
      }
      for (int j = 0; j < count; j++) {
        float weight = allWeights[first + j];
        shares[j] = softmax ? (float) (Math.exp(weight) / sum) : weight;
      }
    }
  }
}
