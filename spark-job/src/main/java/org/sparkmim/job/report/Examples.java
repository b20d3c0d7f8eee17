package org.sparkmim.job.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.sparkmim.data.batch.CropWriter;
import org.sparkmim.data.batch.EvaluationBatches;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.order.SampleRandom;
import org.sparkmim.job.round.MinibatchShape;
import org.sparkmim.job.round.TeacherGuide;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

/**
 * Shows a checkpoint a few images of a dataset as training does, but for the crop, which is the
 * middle: the same images with the same masks every time.
 *
 * @param weights of the checkpoint
 * @param seed of the run
 */
record Examples(ModelSpec spec, EngineSpec engine, CheckpointWeights weights, long seed) {

  /**
   * Looks at {@code count} images spread evenly over the dataset, or all if it has fewer.
   *
   * @param hadoop through which a teacher's weights are read
   */
  List<Example> of(Configuration hadoop, Dataset dataset, int count) {
    int images = (int) Math.min(count, dataset.size());
    // The middle of each of equal stretches: classes lie next to each other.
    long[] ids =
        IntStream.range(0, images)
            .mapToLong(i -> (2L * i + 1) * dataset.size() / (2L * images))
            .toArray();
    Minibatch batch = new Minibatch(MinibatchShape.of(spec, seed), images);
    List<byte[]> crops = fill(batch, dataset, ids);
    try (Network network = Network.create(spec, engine, images, true)) {
      weights.copyTo(network);
      Shown shown = show(hadoop, network, batch);
      network.forward();
      List<float[]> predictions =
          IntStream.range(0, spec.outputs().size()).mapToObj(network::prediction).toList();
      List<Example> examples = new ArrayList<>();
      for (int i = 0; i < images; i++) {
        List<Example.Head> heads = new ArrayList<>();
        for (int head = 0; head < predictions.size(); head++) {
          heads.add(
              new Example.Head(
                  row(shown.targets()[head], i, images),
                  row(predictions.get(head), i, images),
                  row(shown.weights()[head], i, images)));
        }
        examples.add(
            new Example(
                name(dataset, ids[i]),
                crops.get(i),
                Arrays.copyOfRange(shown.keepIds(), i * spec.keep(), (i + 1) * spec.keep()),
                heads,
                row(shown.importance(), i, images)));
      }
      return examples;
    }
  }

  /** Fills a batch with the middles of images; returns these. */
  private List<byte[]> fill(Minibatch batch, Dataset dataset, long[] ids) {
    CropWriter writer = new CropWriter(batch.shape());
    List<byte[]> crops = new ArrayList<>();
    try (EvaluationBatches pictures =
        new EvaluationBatches(dataset, spec.imageSize(), spec.patchSize())) {
      for (int i = 0; i < ids.length; i++) {
        byte[] crop = pictures.centreCrop(ids[i]).clone();
        SampleRandom random = new SampleRandom(seed, 0, ids[i], SampleRandom.Purpose.MASK);
        writer.write(crop, random, batch, i);
        crops.add(crop);
      }
    }
    return crops;
  }

  /** What a network was fed with; {@code importance} is empty without a teacher. */
  private record Shown(int[] keepIds, float[][] targets, float[][] weights, float[] importance) {}

  private Shown show(Configuration hadoop, Network network, Minibatch batch) {
    if (spec.alignment() == null) {
      network.feed(
          batch.patches(), batch.keepIds(), batch.restoreIds(), batch.targets(), batch.weights());
      return new Shown(batch.keepIds(), batch.targets(), batch.weights(), new float[0]);
    }
    try (TeacherGuide teacher = new TeacherGuide(spec, engine, batch.size())) {
      teacher.load(hadoop);
      teacher.feed(network, batch, batch.size());
      return new Shown(
          teacher.keepIds(), teacher.targets(), teacher.weights(), teacher.importance());
    }
  }

  private static float[] row(float[] all, int number, int count) {
    int length = all.length / count;
    return Arrays.copyOfRange(all, number * length, (number + 1) * length);
  }

  private static String name(Dataset dataset, long id) {
    int label = dataset.index().label()[Math.toIntExact(id)];
    return label < 0 ? "image " + id : dataset.labels().get(label);
  }
}
