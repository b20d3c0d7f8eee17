package org.sparkmim.job.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.job.bench.BenchPictures;
import org.sparkmim.job.bench.DataBench;
import org.sparkmim.job.bench.DataRates;
import org.sparkmim.job.bench.Timing;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.device.EngineChoice;
import org.sparkmim.job.round.MinibatchShape;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How fast one core turns files into minibatches. */
@Command(
    name = "data",
    description = {
      "Images per second and core from files to finished minibatches, whole and by stage: read,"
          + " decode, augment (crop, resize, flip), target (all scales), mask, patchify (and normalise).",
      "One thread, its own processor time; sizes, crops and masks as the recipe says."
    },
    mixinStandardHelpOptions = true)
final class BenchDataCommand implements Runnable {
  @Mixin private RecipeOptions recipeOptions;

  @Option(
      names = "--data",
      paramLabel = "DATASET",
      description = "Dataset made by mim ingest. Default: drawn JPEG pictures, removed afterwards.")
  private String data;

  @Option(
      names = "--picture-size",
      paramLabel = "PIXELS",
      defaultValue = "224",
      description = "Side of the drawn pictures, without --data. Default: ${DEFAULT-VALUE}.")
  private int pictureSize;

  @Option(
      names = "--image-size",
      paramLabel = "PIXELS",
      description = "Side of the crops. Default: model.image-size of the recipe.")
  private Integer imageSize;

  @Option(
      names = "--patch-size",
      paramLabel = "PIXELS",
      description = "Side of the patches. Default: model.patch-size of the recipe.")
  private Integer patchSize;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = "Before anything counts. Default: ${DEFAULT-VALUE}.")
  private double warmUp;

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      defaultValue = "5",
      description =
          "Measurements, of which median, min and max are shown. Default:" + " ${DEFAULT-VALUE}.")
  private int repetitions;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description = "Processor time of one measurement. Default: ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Timing timing = new Timing(warmUp, repetitions, seconds);
    Recipe recipe = recipe();
    EngineChoice.noteTargets(recipe.section("engine"), spec.commandLine().getErr());
    BatchShape shape =
        MinibatchShape.of(
            ModelSpec.from(recipe.section("model")), 0, EngineSpec.from(recipe.section("engine")));
    if (data != null) {
      report(recipe, shape, data, timing);
      return;
    }
    try (BenchPictures pictures = BenchPictures.draw(pictureSize, recipe.section("data"))) {
      report(recipe, shape, pictures.uri(), timing);
    }
  }

  private void report(Recipe recipe, BatchShape shape, String uri, Timing timing) {
    TrainSettings train = TrainSettings.from(recipe.section("train"));
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(new SparkConf());
    DataRates rates =
        new DataBench(
                Dataset.open(hadoop, uri),
                shape,
                train.batch(),
                Augmentation.from(recipe.section("data")),
                train.seed())
            .run(timing);
    String source = data != null ? data : "drawn pictures of " + pictureSize + " px";
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? json(source, shape, rates) : text(source, shape, rates));
    out.flush();
  }

  private static String text(String source, BatchShape shape, DataRates rates) {
    return String.format(
        Locale.ROOT,
        "%s; crops of %d px, patches of %d px, cells of %s px%n%s",
        source,
        shape.imageSize(),
        shape.patchSize(),
        Arrays.toString(shape.cellSizes()),
        rates.text());
  }

  private static String json(String source, BatchShape shape, DataRates rates) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("data", source);
    node.put("image_size", shape.imageSize()).put("patch_size", shape.patchSize());
    rates.addTo(node);
    return node.toString();
  }

  private Recipe recipe() {
    return recipeOptions
        .load()
        .withOption("model.image-size", imageSize, "--image-size")
        .withOption("model.patch-size", patchSize, "--patch-size");
  }
}
