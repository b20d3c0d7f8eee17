package org.sparkmim.model;

import com.typesafe.config.ConfigException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.sparkmim.model.method.FeatureModel;
import org.sparkmim.model.method.FixedTensor;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.nn.Positions;
import org.sparkmim.model.weights.FloatTensor;
import org.sparkmim.model.weights.Part;
import org.sparkmim.model.weights.SafetensorsReader;
import org.sparkmim.model.weights.TensorHeader;

/**
 * All tensors of a model's weights file.
 *
 * @param layout those that are trained
 * @param fixed those that nobody trains
 */
public record ModelTensors(ModelSpec spec, ParameterLayout layout, List<FixedTensor> fixed) {
  /** Key in a weights file's metadata of the model as {@link ModelSpec#toJson}. */
  public static final String METADATA = "sparkmim.model";

  private static final String POSITIONS = "pos_embed";

  /** The published code computes some tables in float32, which is off by some 1e-6. */
  private static final float TOLERANCE = 1e-5f;

  /** The tensors of a model. */
  public static ModelTensors of(ModelSpec spec) {
    return new ModelTensors(spec, Network.layoutOf(spec), spec.method().fixedTensors(spec));
  }

  /**
   * The tensors of the model that a weights file of SparkMIM says it holds.
   *
   * @throws ModelException INPUT if it says none, or one that it has no room for
   */
  public static ModelTensors named(SafetensorsReader file) {
    String json = file.metadata().get(METADATA);
    if (json == null) {
      throw unnamed(file, "its metadata have no " + METADATA, null);
    }
    ModelSpec spec;
    try {
      spec = ModelSpec.fromJson(json);
    } catch (ConfigException | ModelException e) {
      throw unnamed(
          file, "its " + METADATA + " cannot be: " + e.getMessage().replaceAll("\\.$", ""), e);
    }
    // A model is built to know its tensors; one that a few words claim must not fill the memory.
    if (!hasRoom(file, spec)) {
      throw unnamed(file, "it is too small for its " + METADATA, null);
    }
    return of(spec);
  }

  private static boolean hasRoom(SafetensorsReader file, ModelSpec spec) {
    long elements = file.tensors().stream().mapToLong(TensorHeader::elements).sum();
    boolean swin = !spec.encoder().hasClassToken();
    // A Swin has positions in its decoders alone; the first is half as wide as it says.
    long grid = swin ? spec.cellGrid(0) : spec.grid();
    long decoder = spec.alignment() == null ? spec.decoder().width() : 0;
    long side = swin ? decoder / 2 : Math.max(spec.width(), decoder);
    long blocks = spec.encoder().blocks();
    if (spec.alignment() == null) {
      blocks += (long) spec.taps().size() * spec.decoder().depth();
    } else {
      blocks += spec.alignment().teacher().shape().depth();
    }
    return grid <= elements
        && Math.multiplyHigh(grid * grid, side) == 0
        && grid * grid * side >= 0
        && grid * grid * side <= elements
        && blocks <= file.tensors().size();
  }

  private static ModelException unnamed(SafetensorsReader file, String why, Throwable cause) {
    return new ModelException(
        ModelException.Kind.INPUT,
        "Cannot tell which model "
            + file.origin()
            + " is of: "
            + why
            + ". Give a checkpoint's model.safetensors, or import the file with a recipe first.",
        cause);
  }

  /** Shape by name of a part's tensors, in the order of the network. */
  public Map<String, List<Long>> shapes(Part part) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    layout.entries().forEach(entry -> shapes.put(entry.name(), longs(entry.shape())));
    fixed.forEach(tensor -> shapes.put(tensor.name(), longs(tensor.shape())));
    if (part == Part.ENCODER) {
      shapes.keySet().retainAll(encoder());
    }
    return shapes;
  }

  private Set<String> encoder() {
    Set<String> names = new LinkedHashSet<>(Set.of(POSITIONS));
    ParameterLayout.of(FeatureModel.build(spec, 1).graph())
        .entries()
        .forEach(entry -> names.add(entry.name()));
    return names;
  }

  /** Fixed tensors that follow from the target alone, and that many files therefore lack. */
  public Set<String> dispensable() {
    return fixed.stream()
        .map(FixedTensor::name)
        .filter(name -> !name.endsWith(POSITIONS))
        .collect(Collectors.toSet());
  }

  /**
   * Checks that what this model has fixed is the same in imported weights.
   *
   * @param origin the file's name, for messages
   * @throws ModelException INPUT for a tensor that differs by more than rounding
   */
  public void requireFixed(String origin, Map<String, FloatTensor> imported) {
    for (FixedTensor tensor : fixed) {
      FloatTensor found = imported.get(tensor.name());
      if (found != null) {
        float[] numbers = found.toArray();
        int worst = worst(numbers, tensor.numbers());
        if (!(Math.abs(numbers[worst] - tensor.numbers()[worst]) <= TOLERANCE)) {
          throw refusal(origin, tensor, numbers, worst);
        }
      }
    }
  }

  private ModelException refusal(String origin, FixedTensor tensor, float[] found, int worst) {
    String why =
        String.format(
            "%s has %s where this model, which does not train it, has %s (element %d)",
            tensor.name(), found[worst], tensor.numbers()[worst], worst);
    if (tensor.name().endsWith(POSITIONS)) {
      why += isOtherOrder(tensor, found) ? otherOrder() : "; its positions were trained or resized";
    }
    return new ModelException(
        ModelException.Kind.INPUT,
        "Cannot use the weights "
            + origin
            + ": "
            + why
            + ". With other numbers in their place the network would compute something else; take"
            + " weights that were trained with these.");
  }

  private boolean isOtherOrder(FixedTensor tensor, float[] found) {
    int width = tensor.shape().get(tensor.shape().size() - 1);
    Positions.Order other =
        spec.method().positions() == Positions.Order.ROW_FIRST
            ? Positions.Order.COLUMN_FIRST
            : Positions.Order.ROW_FIRST;
    float[] table = Positions.table(spec.grid(), width, other);
    return table.length == found.length
        && Math.abs(found[worst(found, table)] - table[worst(found, table)]) <= TOLERANCE;
  }

  private String otherOrder() {
    return spec.method().positions() == Positions.Order.ROW_FIRST
        ? "; its positions have the column in the first half, as in MAE's own code, and mff has the"
            + " row there"
        : "; its positions have the row in the first half, as in mmpretrain, and "
            + spec.method().key()
            + " has the column there";
  }

  /** Where the two differ most; a NaN differs more than any number. */
  private static int worst(float[] found, float[] expected) {
    int worst = 0;
    float most = -1;
    for (int i = 0; i < found.length; i++) {
      float difference = Math.abs(found[i] - expected[i]);
      if (Float.isNaN(difference)) {
        return i;
      }
      if (difference > most) {
        most = difference;
        worst = i;
      }
    }
    return worst;
  }

  private static List<Long> longs(List<Integer> shape) {
    List<Long> longs = new ArrayList<>();
    shape.forEach(extent -> longs.add(extent.longValue()));
    return longs;
  }
}
