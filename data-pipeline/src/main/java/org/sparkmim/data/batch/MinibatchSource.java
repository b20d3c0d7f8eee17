package org.sparkmim.data.batch;

import org.sparkmim.data.DataException;
import org.sparkmim.data.batch.StageClock.Stage;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.dataset.SampleReader;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.data.image.ImageDecoder;
import org.sparkmim.data.image.ImageFault;
import org.sparkmim.data.image.Raster;
import org.sparkmim.data.image.Resampler;
import org.sparkmim.data.order.SampleOrder;
import org.sparkmim.data.order.SampleRandom;
import org.sparkmim.data.order.SampleRandom.Purpose;

/**
 * Fills pre-training batches. What a batch holds is a pure function of (data set, shape,
 * augmentation, seed, epoch, first position); the object itself only keeps buffers and open files.
 * One a thread.
 */
public final class MinibatchSource implements AutoCloseable {
  private final Dataset dataset;
  private final BatchShape shape;
  private final Augmentation augmentation;
  private final long seed;
  private final SampleReader reader;
  private final ImageDecoder decoder;
  private final Resampler resampler = new Resampler();
  private final CropWriter writer;
  private final byte[] planes;
  private final StageClock clock;

  public MinibatchSource(Dataset dataset, BatchShape shape, Augmentation augmentation, long seed) {
    this(dataset, shape, augmentation, seed, StageClock.NONE);
  }

  /**
   * A source whose stages are timed.
   *
   * @param clock told at the end of every stage of every sample
   */
  public MinibatchSource(
      Dataset dataset, BatchShape shape, Augmentation augmentation, long seed, StageClock clock) {
    this.dataset = dataset;
    this.shape = shape;
    this.augmentation = augmentation;
    this.seed = seed;
    this.reader = new SampleReader(dataset);
    this.decoder = new ImageDecoder(dataset.manifest().limits());
    this.writer = new CropWriter(shape, clock);
    this.planes = new byte[3 * shape.imageSize() * shape.imageSize()];
    this.clock = clock;
  }

  /**
   * Fills all B samples: positions {@code first} to {@code first+B-1} of the epoch's order.
   * Positions past the end go on in the next epoch's order, so that batches need not divide the
   * data set.
   *
   * @param out a batch of this source's shape
   * @throws DataException (input) naming the sample that cannot be read or decoded
   */
  public void fill(Minibatch out, long epoch, long first) {
    if (!out.shape().equals(shape)) {
      throw new IllegalArgumentException("The batch has another shape than its source");
    }
    long n = dataset.size();
    long orderEpoch = -1;
    SampleOrder order = null;
    for (int b = 0; b < out.size(); b++) {
      long position = Math.addExact(first, b);
      long sampleEpoch = Math.addExact(epoch, position / n);
      if (order == null || sampleEpoch != orderEpoch) {
        order = new SampleOrder(seed, sampleEpoch, n);
        orderEpoch = sampleEpoch;
      }
      fillSample(out, b, sampleEpoch, order.at(position % n));
    }
  }

  /**
   * Fills slot {@code b} with a given sample, as it looks in the given epoch. A mask that the batch
   * shares is the one of slot 0, which is to be filled first.
   */
  public void fillSample(Minibatch out, int b, long epoch, long id) {
    loadCrop(epoch, id);
    out.sampleIds()[b] = id;
    out.labels()[b] = dataset.index().label()[Math.toIntExact(id)];
    writer.write(planes, new SampleRandom(seed, epoch, id, Purpose.MASK), out, b);
  }

  /**
   * The crop of a sample in an epoch as 8-bit RGB planes [3, S, S]; valid until the next call.
   *
   * @throws DataException (input) naming the sample that cannot be read or decoded
   */
  public byte[] loadCrop(long epoch, long id) {
    int length = reader.read(id);
    clock.finished(Stage.READ);
    try {
      Raster picture = decoder.decode(reader.bytes(), length);
      clock.finished(Stage.DECODE);
      SampleRandom random = new SampleRandom(seed, epoch, id, Purpose.CROP);
      boolean flip =
          augmentation.flip() && new SampleRandom(seed, epoch, id, Purpose.FLIP).nextDouble() < 0.5;
      resampler.crop(picture, augmentation, random, shape.imageSize(), flip, planes);
      clock.finished(Stage.AUGMENT);
      return planes;
    } catch (ImageFault e) {
      throw undecodable(dataset, id, e);
    }
  }

  static DataException undecodable(Dataset dataset, long id, ImageFault fault) {
    return new DataException(
        DataException.Kind.INPUT,
        "Cannot decode "
            + dataset.describe(id)
            + ": "
            + fault.getMessage()
            + ". Run 'mim inspect' on the data set.",
        fault);
  }

  @Override
  public void close() {
    reader.close();
    decoder.close();
  }
}
