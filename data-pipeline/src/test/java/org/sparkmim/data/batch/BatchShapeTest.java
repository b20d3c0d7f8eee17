package org.sparkmim.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.sparkmim.data.DataException;

class BatchShapeTest {
  private static final int[] CELLS = {4, 8, 16, 32};

  @Test
  void sizesEveryArrayOfABatch() {
    BatchShape shape = new BatchShape(224, 16, 49, CELLS, 9);
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
    assertArgument(() -> new BatchShape(225, 16, 49, CELLS, 9), "multiple of 16, got 225");
    assertArgument(() -> new BatchShape(224, 16, 197, CELLS, 9), "1..196, got 197");
    assertArgument(() -> new BatchShape(224, 16, 49, new int[] {4, 6}, 9), "got 6");
    assertArgument(() -> new BatchShape(80, 16, 5, new int[] {4, 32}, 9), "divide 80");
    assertArgument(() -> new BatchShape(224, 16, 49, CELLS, 0), "HOG bins");
  }

  @Test
  void refusesABatchThatNoArrayCanHold() {
    BatchShape shape = new BatchShape(224, 16, 49, CELLS, 9);
    assertThatThrownBy(() -> new Minibatch(shape, 100_000)).hasMessageContaining("lower the batch");
  }

  private static void assertArgument(Runnable runnable, String message) {
    assertThatThrownBy(runnable::run)
        .isInstanceOfSatisfying(
            DataException.class, e -> assertThat(e.kind()).isEqualTo(DataException.Kind.ARGUMENT))
        .hasMessageContaining(message);
  }
}
