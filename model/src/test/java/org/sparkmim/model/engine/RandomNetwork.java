package org.sparkmim.model.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;

/**
 * A graph with random contents, all from one seed. Parameters are multiples of 2^-12 in [-1, 1), so
 * that small dyadic steps away from them are exact in float32.
 */
public final class RandomNetwork {
  private static final int STEPS_PER_UNIT = 1 << 12;

  private final GraphBuilder builder = new GraphBuilder();
  private final Random random;
  private final float bound;
  private int names;
  private final Map<Value, float[]> inputs = new LinkedHashMap<>();
  private final Map<Value, int[]> indices = new LinkedHashMap<>();

  public RandomNetwork(long seed) {
    this(seed, 1);
  }

  /**
   * @param bound of all numbers, a power of two: the wider a network, the smaller, lest its softmax
   *     saturate
   */
  public RandomNetwork(long seed, float bound) {
    random = new Random(seed);
    this.bound = bound;
  }

  public GraphBuilder builder() {
    return builder;
  }

  /** A whole number from {@code least} to {@code most}. */
  public int size(int least, int most) {
    return least + random.nextInt(most - least + 1);
  }

  public Value parameter(int... shape) {
    return builder.parameter(fresh("parameter"), new Init.Constant(0), shape);
  }

  public Value input(int... shape) {
    Value value = builder.input(fresh("input"), shape);
    inputs.put(value, numbers(value.size()));
    return value;
  }

  /** {@code [rows, batch]} of 0, 1 and 5/4. */
  public Value branchScale(int rows, int batch) {
    Value value = builder.input(fresh("scale"), rows, batch);
    float[] scales = new float[rows * batch];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = new float[] {0, 1, 1.25f}[random.nextInt(3)];
    }
    inputs.put(value, scales);
    return value;
  }

  /** An input without negative numbers, as the targets of a cross-entropy are. */
  public Value shares(int... shape) {
    Value value = input(shape);
    float[] numbers = inputs.get(value);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Math.abs(numbers[i]);
    }
    return value;
  }

  public Value constant(int... shape) {
    return builder.constant(
        fresh("constant"), numbers(IntStream.of(shape).reduce(1, Math::multiplyExact)), shape);
  }

  /** {@code rows} permutations of [0, n). */
  public Value permutations(int rows, int n) {
    Value value = builder.index(fresh("permutations"), rows, n);
    IntStream.Builder ids = IntStream.builder();
    for (int r = 0; r < rows; r++) {
      IntStream.of(permutation(n)).forEach(ids);
    }
    indices.put(value, ids.build().toArray());
    return value;
  }

  /** Any numbers of [0, n), with repetitions. */
  public Value choices(int n, int... shape) {
    Value value = builder.index(fresh("choices"), shape);
    indices.put(value, random.ints(value.size(), 0, n).toArray());
    return value;
  }

  /** {@code count} different numbers of [0, n) in each of the rows. */
  public Value distinct(int n, int rows, int count) {
    Value value = builder.index(fresh("distinct"), rows, count);
    IntStream.Builder ids = IntStream.builder();
    for (int r = 0; r < rows; r++) {
      IntStream.of(permutation(n)).limit(count).forEach(ids);
    }
    indices.put(value, ids.build().toArray());
    return value;
  }

  /** An index with those contents. */
  public Value index(int[] contents, int... shape) {
    Value value = builder.index(fresh("index"), shape);
    indices.put(value, contents);
    return value;
  }

  /** The numbers below n in random order. */
  public int[] permutation(int n) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, n).boxed().toList());
    Collections.shuffle(order, random);
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  /** A loss on {@code prediction} whose rows count fully, in part or not at all. */
  public Value loss(Value prediction) {
    return loss(Op.Measure.SQUARE, 1, prediction, input(prediction.shape()));
  }

  /**
   * A smooth L1 loss on predictions in [-1/2, 1/2], none of which is near the bends at distance 1.
   */
  public Value smoothLoss(double factor, Value prediction) {
    Value target = input(prediction.shape());
    float[] targets = inputs.get(target);
    for (int i = 0; i < targets.length; i++) {
      targets[i] = targets[i] / 4 + (i % 2 == 0 ? 0 : 3);
    }
    return loss(Op.Measure.SMOOTH_L1, factor, prediction, target);
  }

  /** A loss on a prediction of some rows of a target that has more. */
  public Value lossOnSomeRows(Value prediction, int more) {
    int rows = prediction.rows() + more;
    Value chosen = choices(rows, prediction.rows());
    Value weight = weights(rows);
    inputs.get(weight)[indices.get(chosen)[0]] = 0.25f;
    return builder.maskedMse(prediction, input(rows, prediction.width()), weight, chosen);
  }

  private Value loss(Op.Measure measure, double factor, Value prediction, Value target) {
    Value weight = weights(prediction.rows());
    return builder.maskedLoss(measure, factor, prediction, target, weight);
  }

  private Value weights(int rows) {
    Value weight = builder.input(fresh("weight"), rows);
    float[] weights = new float[rows];
    for (int r = 0; r < weights.length; r++) {
      weights[r] = random.nextInt(5) / 4f;
    }
    weights[random.nextInt(weights.length)] = 0.25f;
    inputs.put(weight, weights);
    return weight;
  }

  public Graph graph() {
    return builder.build();
  }

  /** Fresh vectors with random parameters for a graph of this network. */
  public ParameterVectors state(Graph graph) {
    long size = graph.parameters().stream().mapToLong(Value::size).sum();
    ParameterVectors state = ParameterVectors.allocate(size);
    state.parameters().put(numbers(size));
    return state;
  }

  /** What {@link #feed} writes into the inputs. */
  public Map<Value, float[]> inputs() {
    return Collections.unmodifiableMap(inputs);
  }

  /** What {@link #feed} writes into the indices. */
  public Map<Value, int[]> indices() {
    return Collections.unmodifiableMap(indices);
  }

  /** Writes every input and index. */
  public void feed(Program program) {
    inputs.forEach(program::write);
    indices.forEach(program::write);
  }

  private float[] numbers(long count) {
    float[] numbers = new float[Math.toIntExact(count)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = bound * (random.nextInt(2 * STEPS_PER_UNIT) - STEPS_PER_UNIT) / STEPS_PER_UNIT;
    }
    return numbers;
  }

  private String fresh(String kind) {
    return kind + "-" + ++names;
  }
}
