package org.sparkmim.job.exchange;

import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.WeightsFile;
import org.sparkmim.model.ModelTensors;
import org.sparkmim.model.weights.FloatTensor;
import org.sparkmim.model.weights.OwnNames;
import org.sparkmim.model.weights.Part;
import org.sparkmim.model.weights.Tensor;
import org.sparkmim.model.weights.WeightsFormat;

/**
 * Writes SparkMIM's weights under another program's names. Numbers are copied, a piece at a time;
 * none is changed, and none is made up.
 */
public record Export(Configuration hadoop, WeightsFormat format, Part part) {
  /**
   * What was written.
   *
   * @param parameters numbers in all tensors
   */
  public record Written(Path file, int tensors, long parameters) {}

  /**
   * Writes a file.
   *
   * @param source a checkpoint's weights, or a file of the same layout
   * @param force whether a file that is there may be replaced
   * @throws RuntimeException that names the mistake, of the exceptions shown without a stack trace
   */
  public Written write(Path source, Path target, boolean force) {
    WeightsFile.check(hadoop, target, force);
    try (WeightsFile file = WeightsFile.open(hadoop, source)) {
      ModelTensors model = ModelTensors.named(file.reader());
      Map<String, FloatTensor> ours =
          OwnNames.read(file.reader(), part, model.shapes(part), model.dispensable());
      List<FloatTensor> theirs = format.toTheirs(ours.values());
      List<Tensor> tensors = theirs.stream().map(FloatTensor::toTensor).toList();
      WeightsFile.write(hadoop, target, force, metadata(model), tensors);
      return new Written(
          target, theirs.size(), theirs.stream().mapToLong(FloatTensor::elements).sum());
    } catch (UncheckedIOException e) {
      throw MimException.input(
          "Cannot read the weights " + source + ": " + e.getCause().getMessage(), e);
    }
  }

  private Map<String, String> metadata(ModelTensors model) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt");
    metadata.put("sparkmim.format", format.key());
    metadata.put("sparkmim.part", part.key());
    // Only such a file can be read as SparkMIM's own.
    if (part == Part.FULL && theirsAreOurs()) {
      metadata.put(ModelTensors.METADATA, model.spec().toJson());
    }
    return metadata;
  }

  private boolean theirsAreOurs() {
    return format == WeightsFormat.MAE || format == WeightsFormat.LOCALMIM_SWIN;
  }
}
