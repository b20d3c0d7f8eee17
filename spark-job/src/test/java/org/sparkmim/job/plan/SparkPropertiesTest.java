package org.sparkmim.job.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.round.AveragingRule;
import org.sparkmim.model.MemoryPlan;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

final class SparkPropertiesTest {
  @Test
  void tensorsFitBesideTheHeapAndBlocksIntoIt() {
    for (String arch : new String[] {"vit-tiny", "vit-base"}) {
      WorkerPlan plan = plan(arch, 16, 2);
      SparkProperties properties = SparkProperties.of(plan);
      MemoryPlan network = plan.network();
      assertThat(properties.overheadMib() << 20)
          .isGreaterThan(network.networkBytes() + plan.loaderBytes());
      // Spark gives blocks 60 % of what it does not reserve, if tasks need none of it.
      double storage = 0.6 * ((properties.heapMib() - 300) << 20);
      assertThat(storage).isGreaterThan(plan.averagingBytes());
      assertThat(properties.executors()).isEqualTo(2);
    }
  }

  @Test
  void moreImagesTakeMoreBesideTheHeapAndNoMoreHeap() {
    SparkProperties few = SparkProperties.of(plan("vit-base", 4, 2));
    SparkProperties many = SparkProperties.of(plan("vit-base", 64, 2));
    assertThat(many.overheadMib()).isGreaterThan(few.overheadMib() + 512);
    assertThat(many.heapMib()).isEqualTo(few.heapMib());
  }

  @Test
  void theTextIsAPropertiesFileAndNativeMemoryIsHeldToTheOverhead() throws Exception {
    SparkProperties sizes = new SparkProperties(3, 1024, 2048);
    Properties read = new Properties();
    read.load(new StringReader(sizes.text()));
    assertThat(read)
        .containsEntry("spark.executor.instances", "3")
        .containsEntry("spark.executor.memory", "1024m")
        .containsEntry("spark.executor.memoryOverhead", "2048m");
    assertThat(read.getProperty("spark.executor.extraJavaOptions"))
        .contains("javacpp.maxbytes=2048m");
  }

  private static WorkerPlan plan(String arch, int batch, int workers) {
    Recipe recipe = Recipe.defaults().with("model.arch", arch, "test");
    MemoryPlan network =
        MemoryPlan.of(
            ModelSpec.from(recipe.section("model")),
            EngineSpec.from(recipe.section("engine")),
            batch);
    return new WorkerPlan(network, workers, AveragingRule.plain(), 2);
  }
}
