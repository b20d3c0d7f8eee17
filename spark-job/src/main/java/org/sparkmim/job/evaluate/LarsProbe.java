package org.sparkmim.job.evaluate;

import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkmim.job.MimException;
import org.sparkmim.model.optim.Lars;
import org.sparkmim.model.optim.Schedule;
import org.sparkmim.model.probe.LinearHead;

/**
 * The linear probe as MAE and its successors publish it (methods 1.9): batch norm without scale and
 * shift, a linear layer, LARS, a cosine to 0. It runs on the driver. Unlike the published one it
 * sees one centre crop of each image, not a new random crop every epoch.
 *
 * @param warmupEpochs length of the warm-up
 * @param batch images of a step; at most all
 * @param baseRate peak learning rate for 256 images
 */
public record LarsProbe(int epochs, double warmupEpochs, int batch, double baseRate)
    implements LinearProtocol {
  /** Key of the base learning rate beside a score. */
  static final String BASE_RATE = "base-lr";

  private static final double RATE_BATCH = 256;

  /** Deviation of the first weights. */
  private static final double DEVIATION = 0.01;

  private static final long SEED = 0;

  @Override
  public SortedMap<String, Double> settings() {
    return new TreeMap<>(
        Map.of("epochs", (double) epochs, "batch-size", (double) batch, BASE_RATE, baseRate));
  }

  @Override
  public Outcome classify(Dataset<Row> train, Dataset<Row> test, int classes) {
    Samples samples = Samples.of(train);
    LinearHead head = fit(samples, classes);
    return new Outcome(accuracy(head, test, samples.width, classes), new TreeMap<>());
  }

  private LinearHead fit(Samples samples, int classes) {
    int count = Math.min(batch, samples.size());
    long steps = samples.size() / count;
    Schedule schedule =
        new Schedule.Cosine(baseRate * count / RATE_BATCH, 0, warmupEpochs, epochs, steps);
    LinearHead head = new LinearHead(samples.width, classes, Lars.published());
    Random random = new Random(SEED);
    for (int i = 0; i < head.weight().length; i++) {
      head.weight()[i] = DEVIATION * random.nextGaussian();
    }
    float[] features = new float[count * samples.width];
    int[] labels = new int[count];
    for (int epoch = 0; epoch < epochs; epoch++) {
      samples.shuffle(random);
      for (long step = 0; step < steps; step++) {
        samples.copy((int) step * count, features, labels);
        head.forward(features, labels);
        head.backward(labels);
        head.update(schedule.rate(epoch * steps + step));
      }
    }
    return head;
  }

  private static double accuracy(LinearHead head, Dataset<Row> test, int width, int classes) {
    float[] features = new float[width];
    double[] scores = new double[classes];
    long right = 0;
    long all = 0;
    for (Iterator<Row> rows = test.toLocalIterator(); rows.hasNext(); all++) {
      Row row = rows.next();
      narrow(row, features, 0);
      head.evaluate(features, 0, scores);
      int best = 0;
      for (int c = 1; c < classes; c++) {
        best = scores[c] > scores[best] ? c : best;
      }
      right += best == row.getInt(1) ? 1 : 0;
    }
    return all == 0 ? 0 : (double) right / all;
  }

  private static void narrow(Row row, float[] to, int at) {
    double[] numbers = row.<Vector>getAs(2).toArray();
    for (int d = 0; d < numbers.length; d++) {
      to[at + d] = (float) numbers[d];
    }
  }

  /** All training samples in one place, in an order that does not depend on how they are spread. */
  private static final class Samples {
    final int width;
    private final float[] features;
    private final int[] labels;
    private final int[] order;

    private Samples(int width, float[] features, int[] labels, int[] order) {
      this.width = width;
      this.features = features;
      this.labels = labels;
      this.order = order;
    }

    static Samples of(Dataset<Row> table) {
      long count = table.count();
      List<Row> first = table.takeAsList(1);
      int width = first.isEmpty() ? 1 : first.get(0).<Vector>getAs(2).size();
      if (count < 2 || count * width > Integer.MAX_VALUE - 8) {
        throw MimException.usage(
            "evaluate.linear.optimizer = lars takes 2 to "
                + (Integer.MAX_VALUE - 8) / width
                + " training images with features of "
                + width
                + " numbers, and there are "
                + count
                + "; use lbfgs.");
      }
      float[] features = new float[(int) count * width];
      int[] labels = new int[(int) count];
      long[] ids = new long[(int) count];
      int at = 0;
      for (Iterator<Row> rows = table.toLocalIterator(); rows.hasNext(); at++) {
        Row row = rows.next();
        ids[at] = row.getLong(0);
        labels[at] = row.getInt(1);
        narrow(row, features, at * width);
      }
      int[] order =
          IntStream.range(0, labels.length)
              .boxed()
              .sorted(Comparator.comparingLong(i -> ids[i]))
              .mapToInt(Integer::intValue)
              .toArray();
      return new Samples(width, features, labels, order);
    }

    int size() {
      return labels.length;
    }

    void shuffle(Random random) {
      for (int i = order.length - 1; i > 0; i--) {
        int other = random.nextInt(i + 1);
        int held = order[i];
        order[i] = order[other];
        order[other] = held;
      }
    }

    /** Copies as many samples as fit, from place {@code from} of the order on. */
    void copy(int from, float[] toFeatures, int[] toLabels) {
      for (int i = 0; i < toLabels.length; i++) {
        int sample = order[from + i];
        toLabels[i] = labels[sample];
        System.arraycopy(features, sample * width, toFeatures, i * width, width);
      }
    }
  }
}
