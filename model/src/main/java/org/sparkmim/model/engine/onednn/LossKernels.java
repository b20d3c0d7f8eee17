package org.sparkmim.model.engine.onednn;

import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/** Kernels of {@link Op.MaskedMse}; sums run in double. */
final class LossKernels {
  private final Emission emission;

  LossKernels(Emission emission) {
    this.emission = emission;
  }

  List<Kernel> forward(Op.MaskedMse op) {
    Rows rows = new Rows(op, emission.buffers());
    HostAccess loss = new HostAccess(emission.buffers().of(op.out()));
    float[] result = new float[1];
    return List.of(
        () -> {
          rows.weight.read(rows.weights);
          double sum = 0;
          for (int r = 0; r < rows.weights.length; r++) {
            if (rows.weights[r] != 0) {
              sum += rows.weights[r] * rows.squaredError(r);
            }
          }
          result[0] = (float) (sum / rows.width / total(rows.weights));
          loss.write(result);
        });
  }

  List<Kernel> backward(Op.MaskedMse op, BackwardStep step) {
    Rows rows = new Rows(op, emission.buffers());
    HostAccess gradient = new HostAccess(emission.buffers().gradient(op.prediction()));
    float[] row = new float[rows.width];
    float[] before = new float[rows.width];
    boolean add = step.write(op.prediction()) == Write.ADD;
    return List.of(
        () -> {
          rows.weight.read(rows.weights);
          double factor = 2 / (rows.width * total(rows.weights));
          for (int r = 0; r < rows.weights.length; r++) {
            rows.differences(r, (float) (factor * rows.weights[r]), row);
            if (add) {
              gradient.read(r * rows.width, before, rows.width);
              for (int j = 0; j < row.length; j++) {
                row[j] += before[j];
              }
            }
            gradient.write(r * rows.width, row, rows.width);
          }
        });
  }

  private static double total(float[] weights) {
    double total = 0;
    for (float weight : weights) {
      total += weight;
    }
    return total;
  }

  /** Predictions, targets and weights, row by row. */
  private static final class Rows {
    final int width;
    final HostAccess weight;
    final float[] weights;
    private final HostAccess prediction;
    private final HostAccess target;
    private final float[] predicted;
    private final float[] wanted;

    Rows(Op.MaskedMse op, Buffers buffers) {
      width = op.prediction().width();
      weight = new HostAccess(buffers.of(op.weight()));
      weights = new float[op.prediction().rows()];
      prediction = new HostAccess(buffers.of(op.prediction()));
      target = new HostAccess(buffers.of(op.target()));
      predicted = new float[width];
      wanted = new float[width];
    }

    double squaredError(int row) {
      load(row);
      double sum = 0;
      for (int j = 0; j < width; j++) {
        double difference = (double) predicted[j] - wanted[j];
        sum += difference * difference;
      }
      return sum;
    }

    void differences(int row, float factor, float[] result) {
      load(row);
      for (int j = 0; j < width; j++) {
        result[j] = factor * (predicted[j] - wanted[j]);
      }
    }

    private void load(int row) {
      prediction.read(row * width, predicted, width);
      target.read(row * width, wanted, width);
    }
  }
}
