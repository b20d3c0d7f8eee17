package org.sparkmim.job.exchange;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.bytedeco.javacpp.FloatPointer;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.RunDirectory;
import org.sparkmim.job.commit.RunRecord;
import org.sparkmim.job.commit.StateFiles;
import org.sparkmim.job.commit.WeightsFile;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.ModelTensors;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.method.FixedTensor;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.nn.InitialValues;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.weights.FloatSource;
import org.sparkmim.model.weights.FloatTensor;
import org.sparkmim.model.weights.Imported;
import org.sparkmim.model.weights.Part;
import org.sparkmim.model.weights.SafetensorsReader;
import org.sparkmim.model.weights.Tensor;
import org.sparkmim.model.weights.WeightsFormat;

/**
 * Makes weights under another program's names SparkMIM's own: a weights file, or a run that has not
 * taken a step yet.
 *
 * @param recipe says which model they are of
 * @param format empty: told by the names
 * @param part empty: all that the format has names for
 * @param prefix part of every name in the file that the format does not know
 */
public record Import(
    Configuration hadoop,
    Recipe recipe,
    String codeVersion,
    Optional<WeightsFormat> format,
    Optional<Part> part,
    String prefix) {
  private static final String SUFFIX = ".safetensors";

  /**
   * What came of it.
   *
   * @param target the file or run
   * @param drawn tensors that the file lacks and that have been drawn as an untrained network's
   */
  public record Made(
      Path target, WeightsFormat format, Part part, Imported imported, List<String> drawn) {}

  /**
   * Imports a file.
   *
   * @param target a name that ends in {@code .safetensors} is a file, any other a run
   * @param force whether a file that is there may be replaced; a run never is
   * @throws RuntimeException that names the mistake, of the exceptions shown without a stack trace
   */
  public Made run(Path source, String target, boolean force) {
    boolean toFile = target.endsWith(SUFFIX);
    if (toFile) {
      WeightsFile.check(hadoop, new Path(target), force);
    } else {
      RunDirectory.checkFree(hadoop, target);
    }
    ModelTensors model = ModelTensors.of(ModelSpec.from(recipe.section("model")));
    try (WeightsFile file = WeightsFile.open(hadoop, source)) {
      WeightsFormat names = format.orElseGet(() -> detect(file.reader()));
      Part asked = part.orElse(names.encoderOnly() ? Part.ENCODER : Part.FULL);
      Imported imported =
          names.toOurs(file.reader(), prefix, asked, model.shapes(asked), model.dispensable());
      model.requireFixed(file.reader().origin(), imported.tensors());
      try (Drawn drawn = new Drawn(model, imported.tensors())) {
        List<Tensor> weights = drawn.all();
        Map<String, String> origin =
            Map.of("sparkmim.imported", source.getName() + " (" + names.key() + ")");
        Path made =
            toFile
                ? writeFile(target, force, model, weights, origin)
                : writeRun(target, model, weights, origin);
        return new Made(made, names, asked, imported, drawn.names());
      }
    } catch (UncheckedIOException e) {
      throw MimException.input(
          "Cannot read the weights " + source + ": " + e.getCause().getMessage(), e);
    }
  }

  private WeightsFormat detect(SafetensorsReader file) {
    return WeightsFormat.detect(file, prefix)
        .orElseThrow(
            () ->
                MimException.input(
                    "Cannot tell whose names the "
                        + file.tensors().size()
                        + " tensors of "
                        + file.origin()
                        + " have"
                        + (prefix.isEmpty() ? "" : " after the prefix " + prefix)
                        + ". Known are "
                        + String.join(", ", WeightsFormat.keys())
                        + "; where all names begin with something else, say so with --prefix."));
  }

  private Path writeFile(
      String target,
      boolean force,
      ModelTensors model,
      List<Tensor> weights,
      Map<String, String> origin) {
    Map<String, String> metadata = new HashMap<>(StateFiles.of(model).metadata());
    metadata.putAll(origin);
    Path file = new Path(target);
    WeightsFile.write(hadoop, file, force, metadata, weights);
    return file;
  }

  private Path writeRun(
      String target, ModelTensors model, List<Tensor> weights, Map<String, String> origin) {
    Checkpoint first =
        RunDirectory.create(
            hadoop,
            target,
            RunRecord.withoutDataset(recipe.origins(), codeVersion),
            StateFiles.of(model),
            weights,
            origin);
    return first.run();
  }

  /** The imported tensors and, for the others, what an untrained network has. */
  private final class Drawn implements AutoCloseable {
    private final Map<String, FloatTensor> all = new LinkedHashMap<>();
    private final List<String> names = new ArrayList<>();
    private final FloatPointer parameters;

    Drawn(ModelTensors model, Map<String, FloatTensor> imported) {
      ParameterLayout layout = model.layout();
      boolean complete =
          layout.entries().stream().allMatch(entry -> imported.containsKey(entry.name()));
      parameters = complete ? null : new FloatPointer(layout.size());
      if (!complete) {
        long seed = TrainSettings.from(recipe.section("train")).seed();
        InitialValues.draw(layout, seed, new OffHeap(parameters, layout.size()));
      }
      Map<String, List<Long>> shapes = model.shapes(Part.FULL);
      for (ParameterLayout.Entry entry : layout.entries()) {
        FloatTensor given = imported.get(entry.name());
        if (given == null) {
          names.add(entry.name());
          given =
              new FloatTensor(
                  entry.name(),
                  shapes.get(entry.name()),
                  FloatSource.of(parameters, entry.offset()));
        }
        all.put(entry.name(), given);
      }
      for (FixedTensor fixed : model.fixed()) {
        FloatTensor ours =
            new FloatTensor(
                fixed.name(), shapes.get(fixed.name()), FloatSource.of(fixed.numbers(), 0));
        all.put(fixed.name(), imported.getOrDefault(fixed.name(), ours));
      }
    }

    List<Tensor> all() {
      return all.values().stream().map(FloatTensor::toTensor).toList();
    }

    List<String> names() {
      return List.copyOf(names);
    }

    @Override
    public void close() {
      if (parameters != null) {
        parameters.close();
      }
    }
  }
}
