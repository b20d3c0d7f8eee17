package org.sparkmim.data.batch;

import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.dataset.SampleReader;
import org.sparkmim.data.image.ImageDecoder;
import org.sparkmim.data.image.ImageFault;
import org.sparkmim.data.image.Patches;
import org.sparkmim.data.image.Resampler;

/**
 * Whole pictures for evaluation, without augmentation: short side resized to {@code
 * round(S*256/224)}, centre S x S cut out, all patches in raster order. One a thread.
 */
public final class EvaluationBatches implements AutoCloseable {
  private final Dataset dataset;
  private final int imageSize;
  private final int patchSize;
  private final SampleReader reader;
  private final ImageDecoder decoder;
  private final Resampler resampler = new Resampler();
  private final byte[] planes;

  /**
   * @param imageSize S, in pixels, a multiple of patchSize
   */
  public EvaluationBatches(Dataset dataset, int imageSize, int patchSize) {
    if (patchSize <= 0 || imageSize <= 0 || imageSize % patchSize != 0) {
      throw DataException.argument(
          "Image size must be a positive multiple of the patch size %d, got %d",
          patchSize, imageSize);
    }
    this.dataset = dataset;
    this.imageSize = imageSize;
    this.patchSize = patchSize;
    this.reader = new SampleReader(dataset);
    this.decoder = new ImageDecoder(dataset.manifest().limits());
    this.planes = new byte[3 * imageSize * imageSize];
  }

  /** Patches of a picture, L. */
  public int tokens() {
    return (imageSize / patchSize) * (imageSize / patchSize);
  }

  /** Numbers in a patch, 3*P*P. */
  public int patchDim() {
    return 3 * patchSize * patchSize;
  }

  /**
   * Loads samples {@code first} to {@code first+count-1}.
   *
   * @param patches receives [count, L, 3*P*P], mean/std normalised
   * @param labels receives [count], -1 without labels
   * @throws DataException (input) naming the sample that cannot be read or decoded
   */
  public void fill(long first, int count, float[] patches, int[] labels) {
    for (int b = 0; b < count; b++) {
      long id = first + b;
      byte[] crop = centreCrop(id);
      for (int t = 0; t < tokens(); t++) {
        Patches.write(crop, imageSize, patchSize, t, patches, (b * tokens() + t) * patchDim());
      }
      labels[b] = dataset.index().label()[Math.toIntExact(id)];
    }
  }

  /** The centre crop of a sample as 8-bit RGB planes [3, S, S]; valid until the next call. */
  public byte[] centreCrop(long id) {
    int length = reader.read(id);
    try {
      int shortSide = Math.round(imageSize * 256 / 224f);
      resampler.centre(decoder.decode(reader.bytes(), length), shortSide, imageSize, planes);
      return planes;
    } catch (ImageFault e) {
      throw MinibatchSource.undecodable(dataset, id, e);
    }
  }

  @Override
  public void close() {
    reader.close();
    decoder.close();
  }
}
