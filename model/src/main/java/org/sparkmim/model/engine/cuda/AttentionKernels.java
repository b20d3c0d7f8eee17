package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.engine.cuda.Product.Matrix;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/**
 * Tasks of {@link Op.Attention}: fused where there are kernels for that, else products head by head
 * over all images, and a softmax between.
 */
final class AttentionKernels {
  /** Bytes of float32 scores that are worked on at once. */
  static final long MOST_SCORES = 256L << 20;

  private final Emission emission;
  private final Buffers buffers;
  private final FusedAttentionKernels fused;
  private final long mostScores;

  AttentionKernels(Emission emission, long mostScores) {
    this.emission = emission;
    this.mostScores = mostScores;
    buffers = emission.buffers();
    fused = new FusedAttentionKernels(emission);
  }

  /**
   * Attention over sequences that follow one another.
   *
   * @param sequences how many
   * @param length tokens of each
   * @param asking how many of them ask, the last
   * @param qkv {@code [sequences, length, 3, heads, width]}
   * @param probabilities {@code [sequences, heads, asking, stride]}
   * @param stride elements from a row of scores to the next
   */
  record Sequences(
      int sequences,
      int length,
      int asking,
      int heads,
      int width,
      Data qkv,
      Data probabilities,
      int stride) {
    int model() {
      return heads * width;
    }

    /** Scores of one sequence. */
    long stretch() {
      return (long) heads * asking * stride;
    }

    /** Queries of {@code count} sequences, head by head. */
    long queries(int count) {
      return (long) count * heads * asking;
    }

    private double scale() {
      return 1 / Math.sqrt(width);
    }

    /** Queries (0), keys (1) or values (2) of a head, in {@code packed}. */
    private Matrix part(Data packed, Run run, int head, int which) {
      long row = 3L * model();
      long first = (long) run.first * length + (which == 0 ? length - asking : 0);
      long at = first * row + (long) which * model() + (long) head * width;
      return Matrix.of(packed.plus(at), row).batched(length * row);
    }

    /** One head of {@code [sequences, asking, heads, width]}. */
    private Matrix head(Data rows, Run run, int head) {
      long at = ((long) run.first * asking * heads + head) * width;
      return Matrix.of(rows.plus(at), model()).batched((long) asking * model());
    }

    /** One head of scores of a run. */
    private Matrix square(Data scores, int head) {
      long at = (long) head * asking * stride;
      return Matrix.of(scores.plus(at), stride).batched(stretch());
    }

    private Data probabilities(Run run) {
      return probabilities.plus(run.first * stretch());
    }
  }

  /** A run of sequences. */
  record Run(int first, int count) {}

  /** Makes the task that turns scores of a run into probabilities. */
  interface Softmax {
    Task of(Address scores, Address probabilities, Run run);
  }

  /** What else is done with the gradient of the scores of a run. */
  interface ScoreGradient {
    List<Task> use(Address dScores, Run run);
  }

  /** Runs of sequences whose scores fit, the longest first. */
  private List<Run> runs(Sequences s) {
    int most = (int) Math.max(1, Math.min(s.sequences, mostScores / Type.F32.bytes(s.stretch())));
    List<Run> runs = new ArrayList<>();
    for (int first = 0; first < s.sequences; first += most) {
      runs.add(new Run(first, Math.min(most, s.sequences - first)));
    }
    return runs;
  }

  List<Task> forward(Op.Attention op) {
    if (buffers.storage().fused(op)) {
      return fused.forward(op);
    }
    Sequences s = sequences(op);
    return forward(
        s,
        (scores, probabilities, run) ->
            Launch.rows(
                "softmax", s.queries(run.count()), s.length(), scores, probabilities, s.stride()),
        buffers.of(op.out()));
  }

  List<Task> backward(Op.Attention op, BackwardStep step) {
    return emission.contribute(
        step.write(op.qkv()),
        op.qkv(),
        (to, add) -> {
          List<Task> tasks = new ArrayList<>();
          if (add == 0 && op.queries() < op.tokens()) {
            tasks.add(clearUnasked(op, to));
          }
          tasks.addAll(
              buffers.storage().fused(op) ? fused.backward(op, to, add) : products(op, to, add));
          return tasks;
        });
  }

  private List<Task> products(Op.Attention op, Address dQkv, int add) {
    Sequences s = sequences(op);
    Data dOut = buffers.gradient(op.out());
    return backward(s, dOut, new Data(dQkv, s.qkv().type()), add == 1, (d, run) -> List.of());
  }

  /** {@code out [sequences, asking, heads, width]}. */
  List<Task> forward(Sequences s, Softmax softmax, Data out) {
    Data scores = emission.scratch().take(runs(s).get(0).count * s.stretch(), Type.F32);
    List<Task> tasks = new ArrayList<>();
    for (Run run : runs(s)) {
      for (int h = 0; h < s.heads; h++) {
        tasks.add(
            product(s.asking, s.width, s.part(s.qkv, run, h, 0), s.part(s.qkv, run, h, 1).turn())
                .into(s.square(scores, h), s.length)
                .times(s.scale())
                .batch(run.count));
      }
      Data probabilities = s.probabilities(run);
      tasks.add(softmax.of(scores.at(), probabilities.at(), run));
      for (int h = 0; h < s.heads; h++) {
        tasks.add(
            product(s.asking, s.length, s.square(probabilities, h), s.part(s.qkv, run, h, 2))
                .into(s.head(out, run, h), s.width)
                .batch(run.count));
      }
    }
    return tasks;
  }

  /**
   * {@code dOut} as {@code out}, {@code dQkv} as {@code qkv}.
   *
   * @param add whether to add to {@code dQkv}
   */
  List<Task> backward(Sequences s, Data dOut, Data dQkv, boolean add, ScoreGradient use) {
    long most = runs(s).get(0).count * s.stretch();
    Data dProbabilities = emission.scratch().take(most, Type.F32);
    Data dScores = emission.scratch().take(most, buffers.activationType());
    List<Task> tasks = new ArrayList<>();
    for (Run run : runs(s)) {
      Data probabilities = s.probabilities(run);
      for (int h = 0; h < s.heads; h++) {
        Matrix dHead = s.head(dOut, run, h);
        tasks.add(
            product(s.length, s.asking, s.square(probabilities, h).turn(), dHead)
                .into(s.part(dQkv, run, h, 2), s.width)
                .adding(add)
                .batch(run.count));
        tasks.add(
            product(s.asking, s.width, dHead, s.part(s.qkv, run, h, 2).turn())
                .into(s.square(dProbabilities, h), s.length)
                .batch(run.count));
      }
      tasks.add(
          Launch.rows(
              "softmax_backward",
              s.queries(run.count),
              s.length,
              probabilities.at(),
              dProbabilities.at(),
              dScores.at(),
              s.stride));
      tasks.addAll(use.use(dScores.at(), run));
      for (int h = 0; h < s.heads; h++) {
        Matrix square = s.square(dScores, h);
        for (int which = 0; which < 2; which++) {
          tasks.add(
              product(
                      which == 0 ? s.asking : s.length,
                      which == 0 ? s.length : s.asking,
                      which == 0 ? square : square.turn(),
                      s.part(s.qkv, run, h, 1 - which))
                  .into(s.part(dQkv, run, h, which), s.width)
                  .times(s.scale())
                  .adding(add)
                  .batch(run.count));
        }
      }
    }
    return tasks;
  }

  private Sequences sequences(Op.Attention op) {
    return new Sequences(
        op.qkv().extent(0),
        op.tokens(),
        op.queries(),
        op.heads(),
        op.headWidth(),
        buffers.of(op.qkv()),
        buffers.of(op.probabilities()),
        buffers.stride(op.probabilities()));
  }

  /** Queries of tokens that do not ask have no gradient. */
  private static Task clearUnasked(Op.Attention op, Address dQkv) {
    int unasked = op.tokens() - op.queries();
    int model = op.out().width();
    return Launch.rows(
        "clear_tokens",
        (long) op.qkv().extent(0) * unasked,
        model,
        dQkv,
        unasked,
        op.tokens(),
        3L * model);
  }

  /** A product that has no place yet. */
  private record Half(int rows, int k, Matrix a, Matrix b) {
    Product into(Matrix d, int columns) {
      return Product.of(rows, columns, k, a, b, d);
    }
  }

  private static Half product(int rows, int k, Matrix a, Matrix b) {
    return new Half(rows, k, a, b);
  }
}
