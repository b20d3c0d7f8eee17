package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/** Tasks of {@link Op.Unshuffle} and {@link Op.RestoreTokens}, which differ in few numbers. */
final class RestoreKernels {
  private final Emission emission;
  private final Buffers buffers;

  RestoreKernels(Emission emission) {
    this.emission = emission;
    buffers = emission.buffers();
  }

  /**
   * What both have.
   *
   * @param tokens of the grid
   * @param first tokens before those of the grid, which stay
   * @param perImage ranks of an image; 0 where all have the same
   * @param everywhere 1 where positions are added to visible tokens, too
   */
  private record Restoration(
      Value x,
      Value maskToken,
      Value positions,
      Value restoreIds,
      Value out,
      int tokens,
      int first,
      int visible,
      int perImage,
      int everywhere) {
    static Restoration of(Op.Unshuffle op) {
      int tokens = op.restoreIds().extent(1);
      return new Restoration(
          op.x(),
          op.maskToken(),
          op.positions(),
          op.restoreIds(),
          op.out(),
          tokens,
          1,
          op.visible(),
          tokens,
          0);
    }

    static Restoration of(Op.RestoreTokens op) {
      return new Restoration(
          op.x(),
          op.maskToken(),
          op.positions(),
          op.restoreIds(),
          op.out(),
          op.out().extent(1),
          0,
          op.visible(),
          0,
          1);
    }
  }

  List<Task> forward(Op.Unshuffle op) {
    return forward(Restoration.of(op));
  }

  List<Task> forward(Op.RestoreTokens op) {
    return forward(Restoration.of(op));
  }

  List<Task> backward(Op.Unshuffle op, BackwardStep step) {
    return backward(Restoration.of(op), step);
  }

  List<Task> backward(Op.RestoreTokens op, BackwardStep step) {
    return backward(Restoration.of(op), step);
  }

  private List<Task> forward(Restoration r) {
    return List.of(
        Launch.rows(
            "restore_tokens",
            r.out.rows(),
            r.out.width(),
            buffers.at(r.x),
            buffers.floats(r.maskToken),
            buffers.at(r.positions),
            buffers.at(r.restoreIds),
            buffers.at(r.out),
            r.tokens,
            r.first,
            r.visible,
            r.perImage,
            r.everywhere));
  }

  private List<Task> backward(Restoration r, BackwardStep step) {
    Address dOut = buffers.gradient(r.out).at();
    Address restoreIds = buffers.at(r.restoreIds);
    List<Task> tasks = new ArrayList<>();
    Write maskWrite = step.write(r.maskToken);
    if (maskWrite != Write.NONE) {
      int images = r.out.extent(0);
      int width = r.out.width();
      Emission.Chunks chunks = Emission.Chunks.of((long) images * r.tokens);
      Address partial = emission.scratch().floats((long) chunks.count() * width);
      tasks.add(
          Launch.columns(
              "gap_sums",
              width,
              chunks.count(),
              dOut,
              restoreIds,
              images,
              r.tokens,
              r.first,
              r.perImage,
              r.visible,
              width,
              chunks.rows(),
              partial));
      tasks.add(emission.addChunks(maskWrite, partial, chunks, width, r.maskToken));
    }
    tasks.addAll(
        emission.contributeOne(
            step.write(r.x),
            r.x,
            (to, add) ->
                Launch.rows(
                    "restore_tokens_backward",
                    r.out.rows(),
                    r.out.width(),
                    dOut,
                    restoreIds,
                    to,
                    add,
                    r.tokens,
                    r.first,
                    r.visible,
                    r.perImage)));
    return tasks;
  }
}
