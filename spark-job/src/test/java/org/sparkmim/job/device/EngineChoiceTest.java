package org.sparkmim.job.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.MimException;
import org.sparkmim.job.device.EngineChoice.Answer;
import org.sparkmim.job.device.EngineChoice.Candidate;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.Precision;

final class EngineChoiceTest {
  private static final IntFunction<String> USABLE = gpu -> "GPU " + gpu;
  private static final IntFunction<String> TOO_OLD =
      gpu -> {
        throw new ModelException(ModelException.Kind.ARGUMENT, "too old.");
      };

  @Test
  void theFirstEngineThatCanUseTheGpuIsTaken() {
    assertThat(answer(USABLE, USABLE, Precision.F32)).isEqualTo(new Answer("cuda", "GPU 3"));
    assertThat(answer(TOO_OLD, USABLE, Precision.F32)).isEqualTo(new Answer("nd4j", "GPU 3"));
  }

  @Test
  void theProcessorIsTakenWithTheReasonsWhereNoneCan() {
    Answer none = answer(TOO_OLD, TOO_OLD, Precision.F32);
    assertThat(none.engine()).isEqualTo("onednn");
    assertThat(none.why()).contains("too old. too old.");
    assertThat(answer(TOO_OLD, USABLE, Precision.BF16).why()).contains("nd4j does not know");
  }

  @Test
  void allWorkersGetTheSame() {
    Answer cuda = new Answer("cuda", "H100");
    Answer nd4j = new Answer("nd4j", "V100");
    assertThat(EngineChoice.common(List.of(cuda, new Answer("cuda", "A100")))).isEqualTo(cuda);
    assertThatThrownBy(() -> EngineChoice.common(List.of(cuda, nd4j)))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("cuda: H100; nd4j: V100");
  }

  @Test
  void aGpuIsNeitherSharedNorDoneWithout() {
    EngineSpec cuda = EngineSpec.of("cuda", "bf16");
    SparkConf conf = new SparkConf(false).set("spark.master", "yarn");
    assertThatThrownBy(() -> TaskDevice.check(cuda, conf))
        .hasMessageContaining("MIM_EXECUTOR_GPUS=1");
    assertThatCode(() -> TaskDevice.check(EngineSpec.of("onednn", "bf16"), conf))
        .doesNotThrowAnyException();
    SparkConf half = conf.clone().set("spark.task.resource.gpu.amount", "0.5");
    assertThatThrownBy(() -> TaskDevice.check(cuda, half)).hasMessageContaining("0.5");
    SparkConf whole = conf.clone().set("spark.task.resource.gpu.amount", "1");
    assertThatCode(() -> TaskDevice.check(cuda, whole)).doesNotThrowAnyException();
    assertThatCode(() -> TaskDevice.check(cuda, conf.clone().set("spark.master", "local[1]")))
        .doesNotThrowAnyException();
  }

  private static Answer answer(
      IntFunction<String> cuda, IntFunction<String> nd4j, Precision precision) {
    return EngineChoice.answer(
        List.of(
            new Candidate("cuda", Set.of(Precision.values()), cuda),
            new Candidate("nd4j", Set.of(Precision.F32), nd4j)),
        precision,
        3);
  }
}
