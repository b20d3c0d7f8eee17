package org.sparkmim.job.report;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkmim.data.batch.EvaluationBatches;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Patches;
import org.sparkmim.data.order.Masking;
import org.sparkmim.data.target.Hog;
import org.sparkmim.job.MimException;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.SafetensorsReader;

/**
 * Lets a checkpoint rebuild a few images of a dataset, the same images with the same masks every
 * time.
 *
 * @param weights file of the checkpoint
 * @param seed of the masks
 */
record Reconstructions(ModelSpec spec, EngineSpec engine, Path weights, long seed) {

  private static final int HIDDEN = 0xC8CED8;

  /** Rebuilds {@code count} images spread evenly over the dataset, or all if it has fewer. */
  List<Reconstruction> of(Configuration hadoop, Dataset dataset, int count) {
    int images = (int) Math.min(count, dataset.size());
    try (Network network = Network.create(spec, engine, images, true);
        EvaluationBatches crops =
            new EvaluationBatches(dataset, spec.imageSize(), spec.patchSize())) {
      load(hadoop, network);
      List<Example> examples = new ArrayList<>();
      for (int i = 0; i < images; i++) {
        // The middle of the i-th of equal stretches: classes lie next to each other.
        long id = (2L * i + 1) * dataset.size() / (2L * images);
        examples.add(example(dataset, crops, id, i));
      }
      feed(network, examples);
      network.forward();
      List<float[]> predictions = new ArrayList<>();
      for (int tap = 0; tap < spec.outputs().size(); tap++) {
        predictions.add(network.prediction(tap));
      }
      List<Reconstruction> all = new ArrayList<>();
      for (int i = 0; i < images; i++) {
        all.add(reconstruction(examples.get(i), predictions, i));
      }
      return all;
    }
  }

  /**
   * One image, masked.
   *
   * @param crop 8-bit RGB planes {@code [3, S, S]}
   * @param targets per tap {@code [cells, 3 * bins]}
   * @param weights per tap {@code [cells]}: 0 where all was visible
   */
  private record Example(
      String name, byte[] crop, Masking.Mask mask, float[][] targets, float[][] weights) {}

  private Example example(Dataset dataset, EvaluationBatches crops, long id, int number) {
    byte[] crop = crops.centreCrop(id).clone();
    int size = spec.imageSize();
    Masking.Mask mask = Masking.rank(noise(number), spec.keep());
    int[] cells = spec.cellSizes().stream().mapToInt(Integer::intValue).toArray();
    float[][] weights = new float[cells.length][];
    for (int tap = 0; tap < cells.length; tap++) {
      weights[tap] = Masking.cellWeights(mask, spec.grid(), spec.scales().get(tap));
    }
    int label = dataset.index().label()[Math.toIntExact(id)];
    String name = label < 0 ? "image " + id : dataset.labels().get(label);
    return new Example(
        name, crop, mask, Hog.pyramid(crop, size, size, cells, spec.target().bins()), weights);
  }

  private float[] noise(int number) {
    SplittableRandom random = new SplittableRandom(seed * 31 + number);
    float[] noise = new float[spec.tokens()];
    for (int t = 0; t < noise.length; t++) {
      noise[t] = (float) random.nextDouble();
    }
    return noise;
  }

  private void feed(Network network, List<Example> examples) {
    int count = examples.size();
    int keep = spec.keep();
    int width = spec.patchWidth();
    int taps = spec.outputs().size();
    float[] patches = new float[count * keep * width];
    int[] keepIds = new int[count * keep];
    int[] restoreIds = new int[count * spec.tokens()];
    float[][] targets = new float[taps][];
    float[][] weights = new float[taps][];
    for (int tap = 0; tap < taps; tap++) {
      int cells = spec.cellGrid(tap) * spec.cellGrid(tap);
      targets[tap] = new float[count * cells * spec.outputs().get(tap).width()];
      weights[tap] = new float[count * cells];
    }
    for (int i = 0; i < count; i++) {
      Example example = examples.get(i);
      int[] visible = example.mask().keepIds();
      for (int k = 0; k < keep; k++) {
        Patches.write(
            example.crop(),
            spec.imageSize(),
            spec.patchSize(),
            visible[k],
            patches,
            (i * keep + k) * width);
      }
      System.arraycopy(visible, 0, keepIds, i * keep, keep);
      System.arraycopy(
          example.mask().restoreIds(), 0, restoreIds, i * spec.tokens(), spec.tokens());
      for (int tap = 0; tap < taps; tap++) {
        copy(example.targets()[tap], targets[tap], i);
        copy(example.weights()[tap], weights[tap], i);
      }
    }
    network.feed(patches, keepIds, restoreIds, targets, weights);
  }

  private Reconstruction reconstruction(Example example, List<float[]> predictions, int number) {
    List<Reconstruction.Scale> scales = new ArrayList<>();
    for (int tap = 0; tap < predictions.size(); tap++) {
      float[] target = example.targets()[tap];
      float[] prediction =
          Arrays.copyOfRange(
              predictions.get(tap), number * target.length, (number + 1) * target.length);
      float[] weights = example.weights()[tap];
      boolean[] seen = new boolean[weights.length];
      for (int cell = 0; cell < seen.length; cell++) {
        seen[cell] = weights[cell] == 0;
      }
      scales.add(
          new Reconstruction.Scale(
              spec.cellSizes().get(tap),
              spec.cellGrid(tap),
              target,
              prediction,
              seen,
              loss(target, prediction, weights)));
    }
    boolean[] visible = new boolean[spec.tokens()];
    for (int token : example.mask().keepIds()) {
      visible[token] = true;
    }
    boolean[] all = new boolean[spec.tokens()];
    Arrays.fill(all, true);
    return new Reconstruction(
        example.name(), picture(example.crop(), all), picture(example.crop(), visible), scales);
  }

  /** Mean squared error over the hidden cells, as training weighs them. */
  private static double loss(float[] target, float[] prediction, float[] weights) {
    int dims = target.length / weights.length;
    double sum = 0;
    double total = 0;
    for (int cell = 0; cell < weights.length; cell++) {
      double squares = 0;
      for (int d = cell * dims; d < (cell + 1) * dims; d++) {
        double error = prediction[d] - target[d];
        squares += error * error;
      }
      sum += weights[cell] * squares / dims;
      total += weights[cell];
    }
    return sum / total;
  }

  private BufferedImage picture(byte[] crop, boolean[] visible) {
    int size = spec.imageSize();
    BufferedImage picture = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        int at = y * size + x;
        int rgb =
            (crop[at] & 0xFF) << 16
                | (crop[size * size + at] & 0xFF) << 8
                | crop[2 * size * size + at] & 0xFF;
        boolean shown = visible[y / spec.patchSize() * spec.grid() + x / spec.patchSize()];
        picture.setRGB(x, y, shown ? rgb : HIDDEN);
      }
    }
    return picture;
  }

  private void load(Configuration hadoop, Network network) {
    try {
      FileSystem fs = weights.getFileSystem(hadoop);
      long length = fs.getFileStatus(weights).getLen();
      try (FSDataInputStream in = fs.open(weights);
          SafetensorsReader reader = Safetensors.open(in::readFully, length, weights.toString())) {
        for (var entry : network.layout().entries()) {
          reader.floats(reader.tensor(entry.name()), network.state().parameters(), entry.offset());
        }
      }
    } catch (IOException e) {
      throw MimException.input("Cannot read the weights " + weights + ": " + e.getMessage(), e);
    }
  }

  private static void copy(float[] from, float[] all, int number) {
    System.arraycopy(from, 0, all, number * from.length, from.length);
  }
}
