package org.sparkmim.model.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.model.ModelException;

class FailuresTest {
  /** As ND4J and CUDA word them, wrapped as ND4J wraps them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Allocation failed: [[DEVICE] allocation failed; Error code: [2]] | Make the batch smaller",
        "CUDA error: out of memory | Make the batch smaller",
        "no kernel image is available for execution on the device | engine.name = cuda",
        "CUDA driver version is insufficient for CUDA runtime version | install 510",
        "libcublas.so.11: cannot open shared object file: No such file | libcublasLt.so.11"
      })
  void whatTheMachineLacksIsSaidWithTheRemedy(String thrown, String remedy) {
    RuntimeException failure =
        new RuntimeException(new IllegalStateException(new RuntimeException(thrown)));
    assertThat(Failures.explained(failure))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(thrown, remedy, "engine.name = onednn");
  }

  @Test
  void whatNobodyKnowsIsLeftAsItIs() {
    RuntimeException failure = new RuntimeException("Op [matmul] execution failed");
    assertThat(Failures.explained(failure)).isSameAs(failure);
  }

  @Test
  void aMistakeOfTheUserIsToldOnce() {
    ModelException told = new ModelException(ModelException.Kind.INPUT, "no such file");
    assertThat(Failures.explained(new RuntimeException(told))).isSameAs(told);
  }
}
