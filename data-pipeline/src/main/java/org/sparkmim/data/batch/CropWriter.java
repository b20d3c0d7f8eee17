package org.sparkmim.data.batch;

import org.sparkmim.data.batch.StageClock.Stage;
import org.sparkmim.data.image.Patches;
import org.sparkmim.data.order.Masker;
import org.sparkmim.data.order.Masking;
import org.sparkmim.data.order.SampleRandom;
import org.sparkmim.data.target.TargetExtractor;

/**
 * Writes what becomes of a crop in a batch: target, mask, loss weights and patches. Keeps its
 * buffers, so that writing allocates nothing; one a thread.
 */
public final class CropWriter {
  private final BatchShape shape;
  private final TargetExtractor target;
  private final Masker masker;
  private final StageClock clock;

  public CropWriter(BatchShape shape) {
    this(shape, StageClock.NONE);
  }

  CropWriter(BatchShape shape, StageClock clock) {
    this.shape = shape;
    this.target =
        shape.targetsLater()
            ? (planes, out, sample) -> {}
            : shape.target().extractor(shape.imageSize(), shape.cellSizes());
    this.masker = shape.masking().masker(shape.grid(), shape.patchSize(), shape.keep());
    this.clock = clock;
  }

  /**
   * Fills row {@code b} but for its sample id and label. A mask that the batch shares is the one of
   * row 0, which is to be filled first.
   *
   * @param planes the crop as 8-bit RGB planes [3, S, S]
   * @param random what the mask is drawn from
   */
  public void write(byte[] planes, SampleRandom random, Minibatch out, int b) {
    target.extract(planes, out.targets(), b);
    if (shape.targetsLater()) {
      System.arraycopy(planes, 0, out.crops(), b * shape.cropBytes(), shape.cropBytes());
    }
    clock.finished(Stage.TARGET);
    if (shape.maskedLater()) {
      random.fill(out.noise(), b * shape.tokens(), shape.tokens());
    } else {
      mask(random, out, b);
    }
    clock.finished(Stage.MASK);
    patchify(planes, out, b);
    clock.finished(Stage.PATCHIFY);
  }

  private void mask(SampleRandom random, Minibatch out, int b) {
    int keep = shape.keep();
    int tokens = shape.tokens();
    if (b > 0 && shape.masking().sharedByBatch()) {
      out.copyMask(0, b);
      return;
    }
    masker.draw(random, out.keepIds(), b * keep, out.restoreIds(), b * tokens);
    for (int k = 0; k < shape.taps(); k++) {
      int cells = shape.cells(k);
      Masking.cellWeightsInto(
          out.restoreIds(),
          b * tokens,
          keep,
          shape.grid(),
          (int) Math.sqrt(cells),
          out.weights()[k],
          b * cells);
    }
  }

  private void patchify(byte[] planes, Minibatch out, int b) {
    int held = shape.heldPatches();
    for (int k = 0; k < held; k++) {
      Patches.write(
          planes,
          shape.imageSize(),
          shape.patchSize(),
          shape.holdsAllPatches() ? k : out.keepIds()[b * held + k],
          out.patches(),
          (b * held + k) * shape.patchDim());
    }
  }
}
