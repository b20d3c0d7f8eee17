package org.sparkmim.job.bench;

import java.util.Random;
import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.order.Masker;
import org.sparkmim.data.order.SampleRandom;
import org.sparkmim.job.round.MinibatchFeed;
import org.sparkmim.job.round.MinibatchShape;
import org.sparkmim.job.round.TeacherGuide;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

/**
 * A minibatch of noise with masks as in training, fed again and again. Of a method with a teacher,
 * the teacher, untrained, is part of feeding.
 */
final class RandomMinibatch implements AutoCloseable {
  private final Minibatch minibatch;
  private final Network network;
  private final MinibatchFeed feed;
  private final TeacherGuide teacher;

  /** What that network of that engine is fed with. */
  RandomMinibatch(Network network, EngineSpec engine) {
    this.network = network;
    ModelSpec spec = network.spec();
    minibatch = new Minibatch(MinibatchShape.of(spec, 0, engine), network.batch());
    feed = new MinibatchFeed(network, minibatch.shape());
    Random random = new Random(0);
    random.nextBytes(minibatch.crops());
    fill(random, minibatch.patches());
    for (int i = 0; i < minibatch.noise().length; i++) {
      minibatch.noise()[i] = random.nextFloat();
    }
    for (float[] target : minibatch.targets()) {
      fill(random, target);
    }
    for (float[] weights : minibatch.weights()) {
      for (int i = 0; i < weights.length; i++) {
        weights[i] = random.nextInt(4) > 0 ? 1 : 0;
      }
    }
    masks();
    teacher = spec.alignment() == null ? null : new TeacherGuide(spec, engine, network.batch());
  }

  private void masks() {
    BatchShape shape = minibatch.shape();
    Masker masker = shape.masking().masker(shape.grid(), shape.patchSize(), shape.keep());
    for (int b = 0; b < minibatch.size(); b++) {
      if (b > 0 && shape.masking().sharedByBatch()) {
        minibatch.copyMask(0, b);
      } else {
        masker.draw(
            new SampleRandom(0, 0, b, SampleRandom.Purpose.MASK),
            minibatch.keepIds(),
            b * shape.keep(),
            minibatch.restoreIds(),
            b * shape.tokens());
      }
    }
  }

  void feed() {
    if (teacher == null) {
      feed.feed(minibatch);
    } else {
      teacher.feed(network, minibatch, minibatch.size());
    }
  }

  private static void fill(Random random, float[] numbers) {
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
  }

  @Override
  public void close() {
    if (teacher != null) {
      teacher.close();
    }
  }
}
