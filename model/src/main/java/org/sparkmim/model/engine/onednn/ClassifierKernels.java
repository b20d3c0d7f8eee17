package org.sparkmim.model.engine.onednn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/**
 * Kernels of what only a classifier has: {@link Op.AddPositions}, {@link Op.TokenMean}, {@link
 * Op.CrossEntropy}. Sums run in double, image by image, so that the number of threads does not
 * change the result.
 */
final class ClassifierKernels {
  private final Emission emission;
  private final Team team;

  ClassifierKernels(Emission emission, Team team) {
    this.emission = emission;
    this.team = team;
  }

  List<Kernel> forward(Op.AddPositions op) {
    Tensor out = emission.buffers().of(op.out());
    Tensor positions =
        emission.buffers().of(op.positions()).reshape(1, op.x().extent(1), op.x().width());
    return List.of(
        emission.primitives().copy(emission.buffers().of(op.x()), out),
        emission.primitives().add(positions, out));
  }

  List<Kernel> backward(Op.AddPositions op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    Tensor dOut = buffers.gradient(op.out());
    List<Kernel> kernels = new ArrayList<>();
    Write write = step.write(op.x());
    if (write == Write.SET) {
      kernels.add(emission.primitives().copy(dOut, buffers.gradient(op.x())));
    } else if (write == Write.ADD) {
      kernels.add(emission.primitives().add(dOut, buffers.gradient(op.x())));
    }
    long images = op.x().extent(0);
    kernels.addAll(
        emission.columnSums(
            step.write(op.positions()),
            dOut.reshape(images, op.x().size() / images),
            buffers.gradient(op.positions())));
    return kernels;
  }

  List<Kernel> forward(Op.TokenMean op) {
    HostAccess x = new HostAccess(emission.buffers().of(op.x()));
    HostAccess out = new HostAccess(emission.buffers().of(op.out()));
    int images = op.x().extent(0);
    int tokens = op.x().extent(1);
    int width = op.x().width();
    ThreadLocal<float[]> scratch = ThreadLocal.withInitial(() -> new float[width]);
    ThreadLocal<double[]> sums = ThreadLocal.withInitial(() -> new double[width]);
    IntConsumer image =
        b -> {
          float[] token = scratch.get();
          double[] sum = sums.get();
          for (int t = 0; t < tokens; t++) {
            x.read((b * tokens + t) * width, token, width);
            for (int d = 0; d < width; d++) {
              sum[d] = t == 0 ? token[d] : sum[d] + token[d];
            }
          }
          for (int d = 0; d < width; d++) {
            token[d] = (float) (sum[d] / tokens);
          }
          out.write(b * width, token, width);
        };
    return List.of(() -> team.run(images, image));
  }

  List<Kernel> backward(Op.TokenMean op, BackwardStep step) {
    HostAccess dOut = new HostAccess(emission.buffers().gradient(op.out()));
    HostAccess dx = new HostAccess(emission.buffers().gradient(op.x()));
    boolean add = step.write(op.x()) == Write.ADD;
    int images = op.x().extent(0);
    int tokens = op.x().extent(1);
    int width = op.x().width();
    ThreadLocal<float[][]> scratch = ThreadLocal.withInitial(() -> new float[2][width]);
    IntConsumer image =
        b -> {
          float[] share = scratch.get()[0];
          float[] token = scratch.get()[1];
          dOut.read(b * width, share, width);
          for (int d = 0; d < width; d++) {
            share[d] /= tokens;
          }
          for (int t = 0; t < tokens; t++) {
            int first = (b * tokens + t) * width;
            if (add) {
              dx.read(first, token, width);
              for (int d = 0; d < width; d++) {
                token[d] += share[d];
              }
            }
            dx.write(first, add ? token : share, width);
          }
        };
    return List.of(() -> team.run(images, image));
  }

  List<Kernel> forward(Op.CrossEntropy op) {
    Rows rows = new Rows(op);
    HostAccess loss = new HostAccess(emission.buffers().of(op.out()));
    float[] result = new float[1];
    return List.of(
        () -> {
          double sum = 0;
          for (int b = 0; b < rows.images; b++) {
            double normaliser = rows.load(b);
            for (int c = 0; c < rows.classes; c++) {
              sum += rows.target[c] * (normaliser - rows.logits[c]);
            }
          }
          result[0] = (float) (sum / rows.images);
          loss.write(result);
        });
  }

  List<Kernel> backward(Op.CrossEntropy op, BackwardStep step) {
    Rows rows = new Rows(op);
    HostAccess gradient = new HostAccess(emission.buffers().gradient(op.logits()));
    boolean add = step.write(op.logits()) == Write.ADD;
    float[] row = new float[rows.classes];
    return List.of(
        () -> {
          for (int b = 0; b < rows.images; b++) {
            double normaliser = rows.load(b);
            double total = 0;
            for (float share : rows.target) {
              total += share;
            }
            if (add) {
              gradient.read(b * rows.classes, row, rows.classes);
            }
            for (int c = 0; c < rows.classes; c++) {
              double p = Math.exp(rows.logits[c] - normaliser);
              double slope = (total * p - rows.target[c]) / rows.images;
              row[c] = (float) (add ? row[c] + slope : slope);
            }
            gradient.write(b * rows.classes, row, rows.classes);
          }
        });
  }

  /** Logits and targets, one image after the other. */
  private final class Rows {
    final int images;
    final int classes;
    final float[] logits;
    final float[] target;
    private final HostAccess allLogits;
    private final HostAccess allTargets;

    Rows(Op.CrossEntropy op) {
      images = op.logits().extent(0);
      classes = op.logits().width();
      logits = new float[classes];
      target = new float[classes];
      allLogits = new HostAccess(emission.buffers().of(op.logits()));
      allTargets = new HostAccess(emission.buffers().of(op.target()));
    }

    /** Reads an image's numbers; returns {@code log sum_c exp(logits[c])}. */
    double load(int image) {
      allLogits.read(image * classes, logits, classes);
      allTargets.read(image * classes, target, classes);
      double largest = Double.NEGATIVE_INFINITY;
      for (float logit : logits) {
        largest = Math.max(largest, logit);
      }
      double sum = 0;
      for (float logit : logits) {
        sum += Math.exp(logit - largest);
      }
      return largest + Math.log(sum);
    }
  }
}
