package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.engine.cuda.AttentionKernels.Sequences;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/**
 * Tasks of {@link Op.WindowAttention}: tokens are copied into the slots of their groups, which are
 * then sequences like others but for bias and sight. Groups that are not in use cost as much as the
 * others: which they are, only the device knows.
 */
final class WindowAttentionKernels {
  private final Emission emission;
  private final Buffers buffers;
  private final AttentionKernels attention;

  WindowAttentionKernels(Emission emission, AttentionKernels attention) {
    this.emission = emission;
    buffers = emission.buffers();
    this.attention = attention;
  }

  List<Task> forward(Op.WindowAttention op) {
    List<Task> tasks = new ArrayList<>();
    Data qkv = gathered(op, buffers.of(op.qkv()), 3, tasks);
    Sequences s = sequences(op, qkv);
    boolean whole = op.slots() == null;
    Data out = whole ? buffers.of(op.out()) : inSlots(op, 1);
    tasks.addAll(
        attention.forward(
            s,
            (scores, probabilities, run) ->
                new Launch(
                    "window_softmax",
                    Math.toIntExact(Launch.ceiling(s.queries(run.count()), Launch.WARPS)),
                    1,
                    Launch.LANES,
                    Launch.WARPS,
                    List.of(
                        scores,
                        probabilities,
                        buffers.at(op.pairs()),
                        buffers.floats(op.table()),
                        op.table().rows(),
                        op.out().extent(0),
                        op.heads(),
                        op.capacity(),
                        s.stride(),
                        s.queries(run.first()),
                        s.queries(run.count()))),
            out));
    if (!whole) {
      tasks.add(scatter(op, out.at(), buffers.at(op.out()), 0, 1));
    }
    return tasks;
  }

  List<Task> backward(Op.WindowAttention op, BackwardStep step) {
    List<Task> tasks = new ArrayList<>();
    Write tableWrite = step.write(op.table());
    Sequences s = sequences(op, gathered(op, buffers.of(op.qkv()), 3, tasks));
    Data dOut = gathered(op, buffers.gradient(op.out()), 1, tasks);
    Data tile = emission.scratch().take(op.groups() * s.stretch(), Type.F32);
    AttentionKernels.ScoreGradient collect =
        (dScores, run) ->
            tableWrite == Write.NONE ? List.of() : List.of(biasTile(op, s, dScores, tile, run));
    Write qkvWrite = step.write(op.qkv());
    if (op.slots() == null && qkvWrite != Write.NONE) {
      tasks.addAll(
          emission.contribute(
              qkvWrite,
              op.qkv(),
              (to, add) ->
                  attention.backward(s, dOut, new Data(to, s.qkv().type()), add == 1, collect)));
    } else {
      Data dQkv = inSlots(op, 3);
      tasks.addAll(attention.backward(s, dOut, dQkv, false, collect));
      tasks.addAll(
          emission.contributeOne(
              qkvWrite, op.qkv(), (to, add) -> scatter(op, dQkv.at(), to, add, 3)));
    }
    if (tableWrite != Write.NONE) {
      tasks.add(
          Launch.blocks(
              "bias_table",
              op.table().rows(),
              op.heads(),
              tile.at(),
              buffers.at(op.pairs()),
              buffers.parameterGradient(op.table()),
              tableWrite == Write.ADD ? 1 : 0,
              op.groups(),
              op.heads(),
              op.capacity(),
              s.stride()));
    }
    return tasks;
  }

  private static Task biasTile(
      Op.WindowAttention op, Sequences s, Address dScores, Data tile, AttentionKernels.Run run) {
    return Launch.elements(
        "bias_tile",
        op.groups() * s.stretch(),
        dScores,
        tile.at(),
        op.out().extent(0),
        run.first(),
        run.count(),
        s.stretch());
  }

  private Sequences sequences(Op.WindowAttention op, Data qkv) {
    return new Sequences(
        op.groups() * op.out().extent(0),
        op.capacity(),
        op.capacity(),
        op.heads(),
        op.headWidth(),
        qkv,
        buffers.of(op.probabilities()),
        buffers.stride(op.probabilities()));
  }

  /** Rows of {@code [B, N, parts * D]} in slots. */
  private Data gathered(Op.WindowAttention op, Data from, int parts, List<Task> tasks) {
    if (op.slots() == null) {
      return from;
    }
    Data to = inSlots(op, parts);
    tasks.add(
        Launch.rows(
            "gather_slots",
            slotRows(op),
            parts * op.out().width(),
            from.at(),
            buffers.at(op.slots()),
            to.at(),
            op.out().extent(0),
            op.out().extent(1),
            op.capacity()));
    return to;
  }

  private Task scatter(Op.WindowAttention op, Address from, Address to, int add, int parts) {
    int width = parts * op.out().width();
    if (op.slots() == null) {
      return Launch.elements("copy", slotRows(op) * width, from, to, add);
    }
    return Launch.rows(
        "scatter_slots",
        slotRows(op),
        width,
        from,
        buffers.at(op.slots()),
        to,
        add,
        op.out().extent(0),
        op.out().extent(1),
        op.capacity());
  }

  /** {@code [G, B, S, parts * D]}. */
  private Data inSlots(Op.WindowAttention op, int parts) {
    return emission
        .scratch()
        .take(slotRows(op) * parts * op.out().width(), buffers.activationType());
  }

  private static long slotRows(Op.WindowAttention op) {
    return (long) op.groups() * op.out().extent(0) * op.capacity();
  }
}
