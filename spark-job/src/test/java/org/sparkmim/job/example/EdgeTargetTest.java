package org.sparkmim.job.example;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.batch.MinibatchSource;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.data.order.MaskStrategy;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.round.TinyImages;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.optim.Optimizer;

/** The example of CONTRIBUTING.md works, and the page says what the code says. */
class EdgeTargetTest {
  private static final Path ROOT = Path.of("..");
  private static final Path PAGE = ROOT.resolve("CONTRIBUTING.md");

  @TempDir Path folder;

  @Test
  void aVerticalEdgeIsFourTimesItsHeightOnBothSides() {
    int size = 4;
    byte[] planes = new byte[3 * size * size];
    for (int y = 0; y < size; y++) {
      planes[y * size + 2] = (byte) 200;
      planes[y * size + 3] = (byte) 200;
    }
    float[] edges = new float[planes.length];
    EdgeTarget.magnitude(planes, size, edges);
    for (int y = 0; y < size; y++) {
      assertThat(List.of(edges[4 * y], edges[4 * y + 1], edges[4 * y + 2], edges[4 * y + 3]))
          .containsExactly(0f, 800f, 800f, 0f);
    }
    assertThat(edges[16]).as("the other channels are flat").isZero();
  }

  @Test
  void aNetworkLearnsToPredictIt() {
    ModelSpec spec =
        ModelSpec.from(
            ConfigFactory.parseString(
                    "method = mae, image-size = 32, patch-size = 8, arch = custom, width = 16,"
                        + " depth = 2, heads = 2, decoder { width = 16, depth = 1, heads = 2 }")
                .withFallback(Recipe.defaults().section("model")));
    BatchShape shape =
        new BatchShape(
            32, 8, spec.keep(), new MaskStrategy.RandomPatches(), new int[] {8}, new EdgeTarget());
    Minibatch batch = new Minibatch(shape, 8);
    Dataset dataset = Dataset.open(new Configuration(), TinyImages.dataset(folder, 8).toString());
    Augmentation augmentation = Augmentation.from(Recipe.defaults().section("data"));
    try (MinibatchSource source = new MinibatchSource(dataset, shape, augmentation, 1);
        Network network =
            Network.create(spec, EngineSpec.from(Recipe.defaults().section("engine")), 8)) {
      network.initialise(1);
      source.fill(batch, 0, 0);
      network.feed(
          batch.patches(), batch.keepIds(), batch.restoreIds(), batch.targets(), batch.weights());
      double first = network.forward()[0];
      for (int step = 1; step <= 100; step++) {
        network.backward();
        network.update(Optimizer.AdamW.published(), 3e-3, step);
        network.forward();
      }
      assertThat(network.forward()[0]).isLessThan(0.7 * first);
    }
  }

  @Test
  void theFilesThatThePageNamesAreThere() throws IOException {
    String page = Files.readString(PAGE);
    Set<String> names;
    try (Stream<Path> files = Files.walk(ROOT)) {
      names = files.map(path -> path.getFileName().toString()).collect(Collectors.toSet());
    }
    assertThat(Pattern.compile("`(\\w+\\.java)`").matcher(page).results().map(r -> r.group(1)))
        .isNotEmpty()
        .allMatch(names::contains);
  }

  @Test
  void theLinesThatThePageQuotesAreThere() throws IOException {
    String page = Files.readString(PAGE);
    List<MatchResult> quotes =
        Pattern.compile("```java\\n// (\\S+)\\n(.*?)```", Pattern.DOTALL)
            .matcher(page)
            .results()
            .toList();
    assertThat(quotes).isNotEmpty();
    for (MatchResult quote : quotes) {
      String code = Files.readString(ROOT.resolve(quote.group(1)));
      assertThat(words(code)).as(quote.group(1)).contains(words(quote.group(2)));
    }
  }

  /** Without the white space, which the formatter owns. */
  private static String words(String code) {
    return code.replaceAll("\\s+", " ").strip();
  }
}
