package org.sparkmim.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

class ParameterVectorsTest {
  private final AtomicInteger fetches = new AtomicInteger();
  private final ParameterVectors.Mirror mirror =
      to -> {
        fetches.incrementAndGet();
        to.parameters().put(0, 7);
      };

  @Test
  void whoAsksForAVectorGetsWhatTheMirrorHas() {
    try (ParameterVectors state = ParameterVectors.allocate(3)) {
      assertThat(state.takeChanges()).as("fresh vectors were never read").isTrue();
      state.changedIn(mirror);
      state.changedIn(mirror);
      assertThat(fetches).as("nobody asked").hasValue(0);
      assertThat(state.takeChanges()).isFalse();
      assertThat(state.parameters().get(0)).isEqualTo(7);
      assertThat(state.firstMoment().get(0)).isZero();
      assertThat(fetches).hasValue(1);
      assertThat(state.takeChanges()).as("who asked may have written").isTrue();
      assertThat(state.takeChanges()).isFalse();
    }
  }

  @Test
  void vectorsOfSomebodyElseAreAlwaysUpToDateAndNeverTrusted() {
    try (FloatPointer foreign = new FloatPointer(3)) {
      ParameterVectors state = ParameterVectors.wrap(3, foreign, foreign, null, null);
      state.changedIn(mirror);
      assertThat(foreign.get(0)).isEqualTo(7);
      assertThat(state.takeChanges()).isTrue();
      assertThat(state.takeChanges()).isTrue();
    }
  }
}
