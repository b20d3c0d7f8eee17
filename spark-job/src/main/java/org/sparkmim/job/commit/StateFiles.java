package org.sparkmim.job.commit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.FlatState.Vector;
import org.sparkmim.model.ModelTensors;
import org.sparkmim.model.weights.FloatSource;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.Tensor;
import org.sparkmim.model.weights.TensorHeader;

/**
 * The files of a checkpoint: {@code model.safetensors} under the official names, {@code
 * optimizer.safetensors} with Adam's moments, {@code state.json} with how far the run is.
 *
 * @param ranges the trained tensors
 * @param fixed tensors that published checkpoints hold but nobody trains
 * @param metadata what the model file says about itself
 * @param outer vectors of the state beside parameters and moments, in {@code outer.safetensors};
 *     without any there is no such file
 */
public record StateFiles(
    List<TensorRange> ranges,
    List<Tensor> fixed,
    Map<String, String> metadata,
    List<Vector> outer) {
  /** The weights' file name in every checkpoint. */
  public static final String MODEL = "model.safetensors";

  static final String OPTIMIZER = "optimizer.safetensors";
  static final String OUTER = "outer.safetensors";
  static final String STATE = "state.json";
  private static final int FORMAT = 1;

  /** Newer than the format's first files, which have none. */
  private static final String BAD_ROUNDS = "bad_rounds";

  private static final int PIECE = 1 << 18;
  private static final ObjectMapper JSON = new ObjectMapper();

  public StateFiles {
    ranges = List.copyOf(ranges);
    fixed = List.copyOf(fixed);
    metadata = Map.copyOf(metadata);
    outer = List.copyOf(outer);
  }

  /** Files of a run whose state is parameters and moments. */
  public StateFiles(List<TensorRange> ranges, List<Tensor> fixed, Map<String, String> metadata) {
    this(ranges, fixed, metadata, List.of());
  }

  /** These files with more vectors of the state. */
  public StateFiles withOuter(List<Vector> vectors) {
    return new StateFiles(ranges, fixed, metadata, vectors);
  }

  /** The files of a model's checkpoints. */
  public static StateFiles of(ModelTensors model) {
    List<TensorRange> ranges =
        model.layout().entries().stream()
            .map(entry -> new TensorRange(entry.name(), longs(entry.shape()), entry.offset()))
            .toList();
    List<Tensor> fixed =
        model.fixed().stream()
            .map(tensor -> Tensor.floats(tensor.name(), longs(tensor.shape()), tensor.numbers()))
            .toList();
    return new StateFiles(
        ranges, fixed, Map.of("format", "pt", ModelTensors.METADATA, model.spec().toJson()));
  }

  private static List<Long> longs(List<Integer> shape) {
    return shape.stream().map(Integer::longValue).toList();
  }

  long size() {
    return ranges.stream().mapToLong(TensorRange::elements).sum();
  }

  Map<String, RunStorage.Body> bodies(FlatState state, Progress progress) {
    List<Tensor> model = new ArrayList<>(fixed);
    List<Tensor> optimizer = new ArrayList<>();
    for (TensorRange range : ranges) {
      model.add(tensor(range.name(), range, state, Vector.PARAMETERS));
      optimizer.add(tensor(firstMoment(range), range, state, Vector.FIRST_MOMENT));
      optimizer.add(tensor(secondMoment(range), range, state, Vector.SECOND_MOMENT));
    }
    Map<String, RunStorage.Body> bodies = new HashMap<>();
    bodies.put(MODEL, out -> Safetensors.write(out, metadata, model));
    bodies.put(OPTIMIZER, out -> Safetensors.write(out, Map.of(), optimizer));
    if (!outer.isEmpty()) {
      List<Tensor> tensors = new ArrayList<>();
      for (TensorRange range : ranges) {
        for (Vector vector : outer) {
          tensors.add(tensor(outerName(vector, range), range, state, vector));
        }
      }
      bodies.put(OUTER, out -> Safetensors.write(out, Map.of(), tensors));
    }
    bodies.put(STATE, out -> out.write(toJson(progress)));
    return bodies;
  }

  /**
   * A checkpoint before the first step, with weights from elsewhere and moments of zero.
   *
   * @param weights every tensor of the model file
   * @param origin more for the metadata of the model file, such as where the weights are from
   */
  Map<String, RunStorage.Body> start(List<Tensor> weights, Map<String, String> origin) {
    List<Tensor> optimizer = new ArrayList<>();
    FloatSource zeros = (from, into, count) -> Arrays.fill(into, 0, count, 0);
    for (TensorRange range : ranges) {
      optimizer.add(Tensor.floats(firstMoment(range), range.shape(), zeros));
      optimizer.add(Tensor.floats(secondMoment(range), range.shape(), zeros));
    }
    Map<String, String> about = new HashMap<>(metadata);
    about.putAll(origin);
    return Map.of(
        MODEL,
        out -> Safetensors.write(out, about, weights),
        OPTIMIZER,
        out -> Safetensors.write(out, Map.of(), optimizer),
        STATE,
        out -> out.write(toJson(Progress.start())));
  }

  FlatState readState(RunStorage storage, Path checkpoint) throws IOException {
    List<Vector> vectors = new ArrayList<>(FlatState.OF_WORKERS);
    vectors.addAll(outer);
    FlatState state = FlatState.zeros(size(), vectors);
    try (WeightsFile model = WeightsFile.open(storage, new Path(checkpoint, MODEL));
        WeightsFile optimizer = WeightsFile.open(storage, new Path(checkpoint, OPTIMIZER))) {
      for (TensorRange range : ranges) {
        read(model, range.name(), range, state, Vector.PARAMETERS);
        read(optimizer, firstMoment(range), range, state, Vector.FIRST_MOMENT);
        read(optimizer, secondMoment(range), range, state, Vector.SECOND_MOMENT);
      }
    }
    // An imported run's first checkpoint has none: they begin as zeros.
    Path outerFile = new Path(checkpoint, OUTER);
    if (!outer.isEmpty() && storage.exists(outerFile)) {
      try (WeightsFile file = WeightsFile.open(storage, outerFile)) {
        for (TensorRange range : ranges) {
          for (Vector vector : outer) {
            read(file, outerName(vector, range), range, state, vector);
          }
        }
      }
    }
    return state;
  }

  private static String outerName(Vector vector, TensorRange range) {
    return vector.name().toLowerCase(Locale.ROOT) + "." + range.name();
  }

  static Progress readProgress(RunStorage storage, Path checkpoint) throws IOException {
    Path file = new Path(checkpoint, STATE);
    String text = new String(storage.readSmall(file, Manifest.MAX_BYTES), StandardCharsets.UTF_8);
    try {
      JsonNode root = JSON.readTree(text);
      if (root.path("format").asInt() != FORMAT) {
        throw MimException.input(
            "Cannot read " + file + ": its format is " + root.path("format") + ", known is 1.");
      }
      return new Progress(
          number(root, "step"),
          number(root, "round"),
          Math.toIntExact(number(root, "epoch")),
          number(root, "position"),
          root.has(BAD_ROUNDS) ? Math.toIntExact(number(root, BAD_ROUNDS)) : 0);
    } catch (JsonProcessingException | IllegalArgumentException | ArithmeticException e) {
      throw MimException.input("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static long number(JsonNode root, String name) {
    if (!root.path(name).isIntegralNumber()) {
      throw new IllegalArgumentException(name + " is not a whole number");
    }
    return root.get(name).asLong();
  }

  private static byte[] toJson(Progress progress) {
    return JSON.createObjectNode()
        .put("format", FORMAT)
        .put("step", progress.step())
        .put("round", progress.round())
        .put("epoch", progress.epoch())
        .put("position", progress.position())
        .put(BAD_ROUNDS, progress.badRounds())
        .toPrettyString()
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String firstMoment(TensorRange range) {
    return "exp_avg." + range.name();
  }

  private static String secondMoment(TensorRange range) {
    return "exp_avg_sq." + range.name();
  }

  private static Tensor tensor(String name, TensorRange range, FlatState state, Vector vector) {
    var values = state.values(vector);
    return Tensor.floats(
        name,
        range.shape(),
        (from, into, count) -> values.read(range.offset() + from, into, count));
  }

  private static void read(
      WeightsFile file, String name, TensorRange range, FlatState state, Vector vector)
      throws IOException {
    TensorHeader header = file.reader().tensor(name);
    if (!header.shape().equals(range.shape())) {
      throw MimException.input(
          "Cannot read "
              + file.reader().origin()
              + ": tensor "
              + name
              + " has shape "
              + header.shape()
              + ", this run's model needs "
              + range.shape()
              + ".");
    }
    float[] piece = new float[(int) Math.min(PIECE, range.elements())];
    for (long from = 0; from < range.elements(); from += PIECE) {
      int count = (int) Math.min(PIECE, range.elements() - from);
      file.reader().floats(header, from, piece, 0, count);
      state.put(vector, range.offset() + from, piece, count);
    }
  }
}
