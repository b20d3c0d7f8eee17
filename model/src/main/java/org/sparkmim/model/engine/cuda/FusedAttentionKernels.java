package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;

/**
 * Tasks of {@link Op.Attention} on tensor cores, one launch forward and two backward. Scores stay
 * in registers: instead of probabilities {@code [images, heads, asking, tokens]}, the logarithm of
 * each row's sum {@code [images, heads, asking]} is kept.
 */
final class FusedAttentionKernels {
  /** Widths of heads that there are kernels for; heads between them are padded on the chip. */
  static final List<Integer> WIDTHS = List.of(16, 32, 64, 96, 128);

  /** Elements that are copied at once, 16 bytes. */
  private static final int COPIED = 8;

  /** Rows of a warp; {@code SLICE} of tile.cu. */
  private static final int SLICE = 16;

  /** As {@code RESIDENT} of fused.cu has it: two blocks for the 13 slices of 197 tokens. */
  private static final int MOST_WARPS = 7;

  private final Emission emission;
  private final Buffers buffers;

  FusedAttentionKernels(Emission emission) {
    this.emission = emission;
    buffers = emission.buffers();
  }

  /**
   * Whether these kernels take an operation: in bf16, with heads of a width that they can copy and
   * hold, and unless somebody asks for the probabilities.
   */
  static boolean take(Op.Attention op, Graph graph, Type activation) {
    int width = op.headWidth();
    boolean asked =
        graph.outputs().contains(op.probabilities())
            || graph.named().containsValue(op.probabilities())
            || graph.ops().stream().anyMatch(o -> o.inputs().contains(op.probabilities()));
    return activation == Type.BF16
        && width % COPIED == 0
        && width <= WIDTHS.get(WIDTHS.size() - 1)
        && !asked;
  }

  List<Task> forward(Op.Attention op) {
    return List.of(
        launch(
            "attend",
            op,
            op.queries(),
            buffers.at(op.qkv()),
            buffers.at(op.out()),
            buffers.at(op.probabilities())));
  }

  /**
   * The gradient of queries of tokens that ask, of keys and of values.
   *
   * @param add 1 to add to what is there, 0 to overwrite it
   */
  List<Task> backward(Op.Attention op, Address dQkv, int add) {
    Address qkv = buffers.at(op.qkv());
    Address out = buffers.at(op.out());
    Address dOut = buffers.gradient(op.out()).at();
    Address logSums = buffers.at(op.probabilities());
    Address deltas = emission.scratch().floats(op.probabilities().rows());
    return List.of(
        launch(
            "attend_backward_queries",
            op,
            op.queries(),
            qkv,
            out,
            dOut,
            logSums,
            deltas,
            dQkv,
            add),
        launch("attend_backward_keys", op, op.tokens(), qkv, dOut, logSums, deltas, dQkv, add));
  }

  /** A warp for each slice of the rows of each head, all warps of a block in the same head. */
  private static Launch launch(String kernel, Op.Attention op, int rows, Object... arguments) {
    int slices = Math.toIntExact(Launch.ceiling(rows, SLICE));
    int blocks = Math.toIntExact(Launch.ceiling(slices, MOST_WARPS));
    int warps = Math.toIntExact(Launch.ceiling(slices, blocks));
    int sequences = op.qkv().extent(0) * op.heads();
    int width = op.headWidth();
    int padded = WIDTHS.stream().filter(w -> w >= width).findFirst().orElseThrow();
    List<Object> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of(op.tokens(), op.queries(), op.heads(), width, blocks));
    return new Launch(
        kernel + "_" + padded, Math.multiplyExact(sequences, blocks), 1, Launch.LANES, warps, all);
  }
}
