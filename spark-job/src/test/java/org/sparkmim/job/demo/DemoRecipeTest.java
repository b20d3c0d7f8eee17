package org.sparkmim.job.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.MimException;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

class DemoRecipeTest {

  @TempDir Path folder;

  @Test
  void embeddedRecipeIsValid() throws Exception {
    Path file = folder.resolve("demo.conf");
    try (var resource = Demo.class.getResourceAsStream("demo.conf")) {
      Files.copy(resource, file);
    }
    Recipe recipe = Recipe.load(Optional.of(file), Map.of());

    assertThat(ModelSpec.from(recipe.section("model")).taps()).hasSize(4);
    assertThat(TrainSettings.from(recipe.section("train")).workers()).isEqualTo(2);
    assertThat(EngineSpec.from(recipe.section("engine")).name()).isEqualTo("onednn");
  }

  @Test
  void foreignImagesAreNotOverwritten() throws Exception {
    Path mine = Files.createDirectories(folder.resolve("images/holiday"));
    Demo demo = new Demo(folder, Map.of(), new PrintWriter(new StringWriter()));

    assertThatThrownBy(demo::run)
        .isInstanceOf(MimException.class)
        .hasMessageContaining("holds something else");
    assertThat(mine).exists();
  }

  @Test
  void directoryThatIsAFileIsRefused() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    Demo demo = new Demo(file, Map.of(), new PrintWriter(new StringWriter()));

    assertThatThrownBy(demo::run)
        .isInstanceOf(MimException.class)
        .hasMessageContaining("Name another --output");
    assertThat(file).hasContent("mine");
  }
}
