package org.sparkmim.job.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.sparkmim.job.round.TeacherWeights;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.method.Alignment;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.SafetensorsReader;
import org.sparkmim.model.weights.TensorHeader;

/**
 * A safetensors file of the format {@code mim-golden/1}: inputs, parameters and results of a
 * published program, with its settings in the metadata. It remembers what was asked for, so that
 * nothing in it goes uncompared unnoticed.
 */
final class GoldenBundle implements Closeable {
  static final String FORMAT = "mim-golden/1";

  private final Path file;
  private final SafetensorsReader reader;
  private final GoldenConfig config;
  private final Set<String> asked = new HashSet<>();

  private GoldenBundle(Path file, SafetensorsReader reader) {
    this.file = file;
    this.reader = reader;
    String format = reader.metadata().getOrDefault("format", "(none)");
    if (!format.equals(FORMAT)) {
      throw refusal("its format is " + format + ", and only " + FORMAT + " can be verified");
    }
    config = config(metadata("config"));
  }

  /**
   * Opens a bundle.
   *
   * @throws ModelException INPUT if the file cannot be read or is no bundle
   */
  static GoldenBundle open(Path file) throws IOException {
    SafetensorsReader reader = Safetensors.open(file);
    try {
      return new GoldenBundle(file, reader);
    } catch (RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  Path file() {
    return file;
  }

  /** The published program's name for what the bundle holds, such as {@code localmim_vit}. */
  String model() {
    return metadata("model");
  }

  /** Repository, commit and file of the published program. */
  String source() {
    return metadata("source");
  }

  GoldenConfig config() {
    return config;
  }

  /** The distance between the published code in float32 and in float64, by group. */
  Map<Group, Double> published() {
    Map<Group, Double> published = new EnumMap<>(Group.class);
    for (Group group : Group.values()) {
      group.published().stream()
          .map(kind -> "float32_deviation." + kind + ".worst_relative_norm")
          .filter(config::has)
          .mapToDouble(config::number)
          .max()
          .ifPresent(worst -> published.put(group, worst));
    }
    return published;
  }

  /** The frozen teacher that a bundle holds under {@code teacher/}. */
  TeacherWeights teacher(Alignment.Family family) {
    under("teacher/").forEach(name -> asked.add("teacher/" + name));
    return TeacherWeights.of(family, reader, file.toString());
  }

  boolean has(String tensor) {
    return reader.find(tensor).isPresent();
  }

  /** Shape of a tensor that must be there. */
  List<Long> shape(String tensor) {
    return reader.tensor(tensor).shape();
  }

  /**
   * All values of a tensor that must have this shape.
   *
   * @throws ModelException INPUT if it is missing or of another shape or type
   */
  float[] floats(String tensor, long... shape) {
    requireShape(tensor, shape);
    return floats(tensor);
  }

  /** All values of a tensor that must have so many. */
  float[] values(String tensor, int count) {
    if (reader.tensor(tensor).elements() != count) {
      throw refusal(
          "tensor "
              + tensor
              + " has shape "
              + shape(tensor)
              + " where "
              + count
              + " values belong");
    }
    return floats(tensor);
  }

  private float[] floats(String tensor) {
    asked.add(tensor);
    try {
      return reader.floats(tensor);
    } catch (IOException e) {
      throw failure(tensor, e);
    }
  }

  /** All values of an integer tensor that must have this shape. */
  int[] ints(String tensor, long... shape) {
    requireShape(tensor, shape);
    asked.add(tensor);
    try {
      return reader.ints(tensor);
    } catch (IOException e) {
      throw failure(tensor, e);
    }
  }

  /** All bytes of a tensor that must have this shape. */
  byte[] bytes(String tensor, long... shape) {
    requireShape(tensor, shape);
    asked.add(tensor);
    try {
      return reader.bytes(tensor);
    } catch (IOException e) {
      throw failure(tensor, e);
    }
  }

  /** Names of the tensors under a prefix, without it. */
  List<String> under(String prefix) {
    return names(name -> name.startsWith(prefix)).stream()
        .map(name -> name.substring(prefix.length()))
        .toList();
  }

  /** Tensors that nobody has asked for yet. */
  List<String> notAsked() {
    return names(name -> !asked.contains(name));
  }

  /** A refusal of this file. */
  ModelException refusal(String why) {
    return new ModelException(
        ModelException.Kind.INPUT, "Cannot verify against " + file + ": " + why + ".");
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }

  private List<String> names(Predicate<String> wanted) {
    List<String> names = new ArrayList<>();
    for (TensorHeader tensor : reader.tensors()) {
      if (wanted.test(tensor.name())) {
        names.add(tensor.name());
      }
    }
    return names;
  }

  /** Refuses a bundle in which the tensor is missing or of another shape. */
  void requireShape(String tensor, long... shape) {
    List<Long> wanted = new ArrayList<>();
    for (long extent : shape) {
      wanted.add(extent);
    }
    if (!shape(tensor).equals(wanted)) {
      throw refusal(
          "tensor " + tensor + " has shape " + shape(tensor) + " where " + wanted + " belongs");
    }
  }

  private String metadata(String key) {
    String value = reader.metadata().get(key);
    if (value == null) {
      throw refusal("its metadata lacks '" + key + "'");
    }
    return value;
  }

  private GoldenConfig config(String json) {
    try {
      return new GoldenConfig(new ObjectMapper().readTree(json), this);
    } catch (JsonProcessingException e) {
      throw refusal("the 'config' in its metadata is not JSON: " + e.getOriginalMessage());
    }
  }

  private ModelException failure(String tensor, IOException e) {
    return new ModelException(
        ModelException.Kind.INPUT,
        "Cannot read tensor " + tensor + " of " + file + ": " + e.getMessage(),
        e);
  }
}
