package org.sparkmim.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.sparkmim.data.DataException;
import org.sparkmim.data.order.MaskStrategy;
import org.sparkmim.data.target.TargetKind;

class BatchShapeTest {
  private static final int[] CELLS = {4, 8, 16, 32};

  @Test
  void sizesEveryArrayOfABatch() {
    BatchShape shape = hog(224, 16, 49, CELLS, 9);
    Minibatch batch = new Minibatch(shape, 2);
    assertThat(shape.tokens()).isEqualTo(196);
    assertThat(batch.patches()).hasSize(2 * 49 * 768);
    assertThat(batch.keepIds()).hasSize(2 * 49);
    assertThat(batch.restoreIds()).hasSize(2 * 196);
    assertThat(batch.targets()[0]).hasSize(2 * 3136 * 27);
    assertThat(batch.weights()[3]).hasSize(2 * 49);
  }

  @Test
  void refusesSizesThatDoNotFit() {
    assertArgument(() -> hog(225, 16, 49, CELLS, 9), "multiple of 16, got 225");
    assertArgument(() -> hog(224, 16, 197, CELLS, 9), "1..196, got 197");
    assertArgument(() -> hog(224, 16, 49, new int[] {4, 6}, 9), "got 6");
    assertArgument(() -> hog(80, 16, 5, new int[] {4, 32}, 9), "divide 80");
    assertArgument(() -> hog(224, 16, 49, CELLS, 0), "HOG bins");
  }

  @Test
  void refusesABatchThatNoArrayCanHold() {
    BatchShape shape = hog(224, 16, 49, CELLS, 9);
    assertThatThrownBy(() -> new Minibatch(shape, 100_000)).hasMessageContaining("lower the batch");
  }

  @Test
  void sizesTheTargetOfEachTapByItsCells() {
    BatchShape swin =
        new BatchShape(
            224,
            4,
            768,
            new MaskStrategy.RandomUnits(32, true),
            new int[] {8, 16, 32, 32},
            new TargetKind.Pixels(true));
    assertThat(swin.targetDim(0)).isEqualTo(192);
    assertThat(swin.targetDim(3)).isEqualTo(3072);
    Minibatch batch = new Minibatch(swin, 2);
    for (float[] target : batch.targets()) {
      assertThat(target).hasSize(2 * 3 * 224 * 224);
    }
    assertThat(batch.patches()).hasSize(2 * 768 * 48);
    assertThat(batch.noise()).isEmpty();
  }

  @Test
  void holdsEveryPatchAndNoTargetForATeacher() {
    BatchShape shape = teacher(new MaskStrategy.Attentive());
    Minibatch batch = new Minibatch(shape, 3);
    assertThat(batch.patches()).hasSize(3 * 196 * 768);
    assertThat(batch.noise()).hasSize(3 * 196);
    assertThat(batch.keepIds()).hasSize(3 * 58);
    assertThat(batch.targets()).isEmpty();
    BatchShape masked = teacher(new MaskStrategy.RandomPatches());
    assertThat(masked.heldPatches()).isEqualTo(196);
    assertThat(new Minibatch(masked, 3).noise()).as("is masked by the pipeline").isEmpty();
  }

  private static BatchShape teacher(MaskStrategy masking) {
    return new BatchShape(224, 16, 58, masking, new int[0], new TargetKind.None());
  }

  @Test
  void refusesMasksThatDoNotFitTheImage() {
    assertArgument(
        () -> masked(new MaskStrategy.RandomUnits(32, false), 50),
        "multiple of the 4 in a mask unit of 32 px, got 50; choose a mask ratio that shows whole"
            + " units, such as 48 or 52 patches");
    assertArgument(() -> masked(new MaskStrategy.RandomUnits(32, false), 2), "such as 4 or 4");
    assertArgument(() -> masked(new MaskStrategy.RandomUnits(24, false), 48), "got 24 px");
    assertArgument(() -> masked(new MaskStrategy.RandomUnits(64, false), 48), "got 64 px");
    assertArgument(() -> masked(new MaskStrategy.Blockwise(0, 0.3), 49), "got 0 and 0.3");
    assertArgument(() -> masked(new MaskStrategy.Blockwise(16, 1.5), 49), "got 16 and 1.5");
  }

  private static BatchShape masked(MaskStrategy masking, int keep) {
    return new BatchShape(224, 16, keep, masking, CELLS, new TargetKind.HogCells(9));
  }

  @Test
  void refusesTargetsThatDoNotFitTheTaps() {
    int[] none = {};
    MaskStrategy random = new MaskStrategy.RandomPatches();
    assertArgument(
        () -> new BatchShape(224, 16, 49, random, none, new TargetKind.Pixels(true)), "got none");
    assertArgument(
        () -> new BatchShape(224, 16, 49, random, CELLS, new TargetKind.None()), "got 4");
    assertArgument(
        () -> new BatchShape(224, 16, 49, random, CELLS, TargetKind.HogCells.biased(9, 3, 1)),
        "as many as taps, 4, or none, got 3");
  }

  private static BatchShape hog(int imageSize, int patchSize, int keep, int[] cells, int bins) {
    return new BatchShape(
        imageSize,
        patchSize,
        keep,
        new MaskStrategy.RandomPatches(),
        cells,
        new TargetKind.HogCells(bins));
  }

  private static void assertArgument(Runnable runnable, String message) {
    assertThatThrownBy(runnable::run)
        .isInstanceOfSatisfying(
            DataException.class, e -> assertThat(e.kind()).isEqualTo(DataException.Kind.ARGUMENT))
        .hasMessageContaining(message);
  }
}
