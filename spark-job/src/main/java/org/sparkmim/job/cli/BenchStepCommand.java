package org.sparkmim.job.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Locale;
import org.sparkmim.job.MimException;
import org.sparkmim.job.bench.StepBench;
import org.sparkmim.job.bench.StepRates;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.device.EngineChoice;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How fast this machine trains when the minibatches are there. */
@Command(
    name = "step",
    description = {
      "Images per second of training steps with targets given: forward, heads, backward, AdamW.",
      "Of maskalign the teacher, untrained, looks at the images, too.",
      "Threads as OMP_NUM_THREADS says."
    },
    mixinStandardHelpOptions = true)
final class BenchStepCommand implements Runnable {
  @Mixin private RecipeOptions recipeOptions;

  @Option(names = "--method", description = "model.method, as mae.")
  private String method;

  @Option(names = "--arch", description = "model.arch, as vit-base.")
  private String arch;

  @Option(names = "--image-size", paramLabel = "PIXELS", description = "model.image-size")
  private Integer imageSize;

  @Option(names = "--patch-size", paramLabel = "PIXELS", description = "model.patch-size")
  private Integer patchSize;

  @Option(names = "--decoder-dim", paramLabel = "N", description = "model.decoder.width")
  private Integer decoderWidth;

  @Option(names = "--decoder-heads", paramLabel = "N", description = "model.decoder.heads")
  private Integer decoderHeads;

  @Option(names = "--batch", paramLabel = "N", description = "train.batch-size")
  private Integer batch;

  @Option(names = "--engine", description = "engine.name")
  private String engine;

  @Option(names = "--precision", description = "engine.precision")
  private String precision;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description = "Steps that count. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "3",
      description = "Steps before, that do not. Default: ${DEFAULT-VALUE}.")
  private int warmUp;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    atLeast("--steps", steps, 1);
    atLeast("--warm-up", warmUp, 0);
    Recipe recipe = recipe();
    EngineChoice.noteTargets(recipe.section("engine"), spec.commandLine().getErr());
    ModelSpec model = ModelSpec.from(recipe.section("model"));
    EngineSpec with = EngineSpec.from(recipe.section("engine"));
    int images = TrainSettings.from(recipe.section("train")).batch();
    StepRates rates = new StepBench(model, with, images).run(warmUp, steps);
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? json(with, rates) : rates.text());
    out.flush();
  }

  private static String json(EngineSpec engine, StepRates rates) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("engine", engine.name())
        .put("precision", engine.precision().name().toLowerCase(Locale.ROOT));
    rates.addTo(node);
    return node.toString();
  }

  private Recipe recipe() {
    return recipeOptions
        .load()
        .withOption("model.method", method, "--method")
        .withOption("model.arch", arch, "--arch")
        .withOption("model.image-size", imageSize, "--image-size")
        .withOption("model.patch-size", patchSize, "--patch-size")
        .withOption("model.decoder.width", decoderWidth, "--decoder-dim")
        .withOption("model.decoder.heads", decoderHeads, "--decoder-heads")
        .withOption("train.batch-size", batch, "--batch")
        .withOption("engine.name", engine, "--engine")
        .withOption("engine.precision", precision, "--precision");
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw MimException.usage(
          name + " = " + value + " is too small: it must be at least " + least + ".");
    }
  }
}
