package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/**
 * Kernels of {@link Op.MaskedLoss}; sums run in double, over tiles of rows that are added in order,
 * so that the number of threads does not change the result.
 */
final class LossKernels {
  /** Elements of a tile at most: two of them fit the first-level cache. */
  private static final int TILE = 4096;

  private final Emission emission;
  private final Team team;

  LossKernels(Emission emission, Team team) {
    this.emission = emission;
    this.team = team;
  }

  List<Kernel> forward(Op.MaskedLoss op) {
    Rows rows = new Rows(op);
    HostAccess loss = new HostAccess(emission.buffers().of(op.out()));
    float[] result = new float[1];
    double[] sums = new double[rows.tiles];
    IntConsumer tile = i -> sums[i] = rows.weightedSquares(i);
    return List.of(
        () -> {
          rows.readWeights();
          team.run(rows.tiles, tile);
          double sum = 0;
          for (double part : sums) {
            sum += part;
          }
          result[0] = (float) (op.factor() * sum / rows.width / total(rows.weights));
          loss.write(result);
        });
  }

  List<Kernel> backward(Op.MaskedLoss op, BackwardStep step) {
    Rows rows = new Rows(op);
    Tensor dPrediction = emission.buffers().gradient(op.prediction());
    boolean add = step.write(op.prediction()) == Write.ADD;
    // oneDNN rounds to bf16 much faster than Java.
    boolean aside = !add && dPrediction.type() != dnnl_f32;
    Tensor left = aside ? emission.floats(dPrediction.dims()) : dPrediction;
    HostAccess gradient = new HostAccess(left);
    double[] factor = new double[1];
    IntConsumer tile = i -> rows.differences(i, factor[0], gradient, add);
    List<Kernel> kernels = new ArrayList<>();
    kernels.add(
        () -> {
          rows.readWeights();
          factor[0] = 2 * op.factor() / (rows.width * total(rows.weights));
          team.run(rows.tiles, tile);
        });
    if (aside) {
      kernels.add(emission.primitives().copy(left, dPrediction));
    }
    return kernels;
  }

  private static double total(float[] weights) {
    double total = 0;
    for (float weight : weights) {
      total += weight;
    }
    return total;
  }

  /** Predictions, targets and weights in tiles of whole rows. */
  private final class Rows {
    final int width;
    final int tiles;
    final float[] weights;
    private final int rowsPerTile;
    private final HostAccess weight;
    private final float[] targetWeights;
    private final HostAccess index;
    private final int[] targetRows;
    private final HostAccess prediction;
    private final HostAccess target;
    private final ThreadLocal<float[][]> scratch;
    private final boolean smooth;

    Rows(Op.MaskedLoss op) {
      Buffers buffers = emission.buffers();
      width = op.prediction().width();
      smooth = op.measure() == Op.Measure.SMOOTH_L1;
      rowsPerTile = Math.max(1, TILE / width);
      weights = new float[op.prediction().rows()];
      tiles = (weights.length + rowsPerTile - 1) / rowsPerTile;
      weight = new HostAccess(buffers.of(op.weight()));
      boolean some = op.rows() != null;
      targetWeights = some ? new float[op.target().rows()] : weights;
      index = some ? new HostAccess(buffers.of(op.rows())) : null;
      targetRows = some ? new int[weights.length] : null;
      prediction = new HostAccess(buffers.of(op.prediction()));
      target = new HostAccess(buffers.of(op.target()));
      scratch = ThreadLocal.withInitial(() -> new float[3][rowsPerTile * width]);
    }

    /** Fills {@link #weights}, one for each predicted row. */
    void readWeights() {
      weight.read(targetWeights);
      if (index != null) {
        index.read(targetRows);
        for (int r = 0; r < weights.length; r++) {
          weights[r] = targetWeights[targetRows[r]];
        }
      }
    }

    double weightedSquares(int tile) {
      int first = tile * rowsPerTile;
      int last = Math.min(weights.length, first + rowsPerTile);
      float[][] numbers = load(first, last);
      double sum = 0;
      for (int row = first; row < last; row++) {
        if (weights[row] != 0) {
          int start = (row - first) * width;
          sum +=
              weights[row]
                  * (smooth
                      ? smoothed(numbers[0], numbers[1], start)
                      : squares(numbers[0], numbers[1], start));
        }
      }
      return sum;
    }

    /** Four sums at a time: one alone would wait for each addition. */
    private double squares(float[] predicted, float[] wanted, int start) {
      double a = 0;
      double b = 0;
      double c = 0;
      double d = 0;
      int j = start;
      int end = start + width;
      for (; j + 3 < end; j += 4) {
        double ea = (double) predicted[j] - wanted[j];
        double eb = (double) predicted[j + 1] - wanted[j + 1];
        double ec = (double) predicted[j + 2] - wanted[j + 2];
        double ed = (double) predicted[j + 3] - wanted[j + 3];
        a += ea * ea;
        b += eb * eb;
        c += ec * ec;
        d += ed * ed;
      }
      for (; j < end; j++) {
        double e = (double) predicted[j] - wanted[j];
        a += e * e;
      }
      return (a + b) + (c + d);
    }

    /** With {@code c} the distance cut to [-1, 1], both branches are {@code c (2d - c)}. */
    private double smoothed(float[] predicted, float[] wanted, int start) {
      double sum = 0;
      for (int j = start; j < start + width; j++) {
        double distance = (double) predicted[j] - wanted[j];
        double cut = Math.max(-1, Math.min(1, distance));
        sum += cut * (2 * distance - cut);
      }
      return sum;
    }

    void differences(int tile, double factor, HostAccess gradient, boolean add) {
      int first = tile * rowsPerTile;
      int last = Math.min(weights.length, first + rowsPerTile);
      float[][] numbers = load(first, last);
      float[] predicted = numbers[0];
      float[] wanted = numbers[1];
      for (int row = first; row < last; row++) {
        float scale = (float) (factor * weights[row]);
        int end = (row - first + 1) * width;
        for (int j = end - width; j < end; j++) {
          predicted[j] -= wanted[j];
        }
        for (int j = end - width; smooth && j < end; j++) {
          predicted[j] = Math.max(-1, Math.min(1, predicted[j]));
        }
        for (int j = end - width; j < end; j++) {
          predicted[j] *= scale;
        }
      }
      int length = (last - first) * width;
      if (add) {
        float[] before = numbers[2];
        gradient.read(first * width, before, length);
        for (int j = 0; j < length; j++) {
          predicted[j] += before[j];
        }
      }
      gradient.write(first * width, predicted, length);
    }

    private float[][] load(int first, int last) {
      float[][] numbers = scratch.get();
      int length = (last - first) * width;
      prediction.read(first * width, numbers[0], length);
      if (index == null) {
        target.read(first * width, numbers[1], length);
      } else {
        int run;
        for (int row = first; row < last; row += run) {
          run = 1;
          while (row + run < last && targetRows[row + run] == targetRows[row] + run) {
            run++;
          }
          target.read(targetRows[row] * width, numbers[1], (row - first) * width, run * width);
        }
      }
      return numbers;
    }
  }
}
