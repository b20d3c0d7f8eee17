package org.sparkmim.model.engine.cuda;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Value;

/** Tasks of {@link Op.MaskedLoss} and {@link Op.CrossEntropy}. */
final class LossKernels {
  private static final int MOST_BLOCKS = 512;

  private final Emission emission;
  private final Buffers buffers;
  private final Map<Op, Address> keptOf = new HashMap<>();
  private final Map<Integer, Address> allRows = new HashMap<>();

  LossKernels(Emission emission) {
    this.emission = emission;
    buffers = emission.buffers();
  }

  List<Task> forward(Op.MaskedLoss op) {
    long rows = op.prediction().rows();
    int blocks = (int) Math.min(MOST_BLOCKS, Launch.ceiling(rows, Launch.WARPS));
    Address partial = emission.scratch().floats(2L * blocks);
    return List.of(
        Launch.blocks(
            "masked_loss",
            blocks,
            1,
            buffers.at(op.prediction()),
            buffers.isFloat(op.prediction()),
            buffers.at(op.target()),
            buffers.isFloat(op.target()),
            buffers.at(op.weight()),
            buffers.isFloat(op.weight()),
            chosen(op),
            smooth(op),
            rows,
            op.prediction().width(),
            partial),
        Launch.blocks(
            "masked_loss_sum",
            1,
            1,
            partial,
            blocks,
            (float) op.factor(),
            kept(op, 1),
            buffers.at(op.out())));
  }

  List<Task> backward(Op.MaskedLoss op, BackwardStep step) {
    Value prediction = op.prediction();
    return emission.contributeOne(
        step.write(prediction),
        prediction,
        (to, add) ->
            Launch.elements(
                "masked_loss_backward",
                prediction.size(),
                buffers.at(prediction),
                buffers.isFloat(prediction),
                buffers.at(op.target()),
                buffers.isFloat(op.target()),
                buffers.at(op.weight()),
                buffers.isFloat(op.weight()),
                chosen(op),
                smooth(op),
                (float) op.factor(),
                kept(op, 1),
                to,
                add,
                prediction.width()));
  }

  List<Task> forward(Op.CrossEntropy op) {
    int images = op.logits().extent(0);
    Address losses = emission.scratch().floats(images);
    return List.of(
        Launch.rows(
            "cross_entropy",
            images,
            op.logits().width(),
            buffers.at(op.logits()),
            buffers.isFloat(op.logits()),
            buffers.at(op.target()),
            buffers.isFloat(op.target()),
            kept(op, 2L * images),
            totals(op),
            losses),
        Launch.blocks("mean_loss", 1, 1, losses, images, buffers.at(op.out())));
  }

  List<Task> backward(Op.CrossEntropy op, BackwardStep step) {
    Value logits = op.logits();
    int images = logits.extent(0);
    return emission.contributeOne(
        step.write(logits),
        logits,
        (to, add) ->
            Launch.elements(
                "cross_entropy_backward",
                logits.size(),
                buffers.at(logits),
                buffers.isFloat(logits),
                buffers.at(op.target()),
                buffers.isFloat(op.target()),
                kept(op, 2L * images),
                totals(op),
                to,
                add,
                images,
                logits.width()));
  }

  /** Behind the normalisers, one for each image. */
  private Address totals(Op.CrossEntropy op) {
    int images = op.logits().extent(0);
    return kept(op, 2L * images).plus(Type.F32.bytes(images));
  }

  /** What the forward pass of an operation keeps for its backward pass. */
  private Address kept(Op op, long floats) {
    return keptOf.computeIfAbsent(op, o -> emission.kept().take(Type.F32.bytes(floats)));
  }

  /** The row of target and weight for each predicted row. */
  private Address chosen(Op.MaskedLoss op) {
    return op.rows() != null
        ? buffers.at(op.rows())
        : allRows.computeIfAbsent(
            op.prediction().rows(),
            count -> emission.constants().indices(IntStream.range(0, count).toArray()));
  }

  private static int smooth(Op.MaskedLoss op) {
    return op.measure() == Op.Measure.SMOOTH_L1 ? 1 : 0;
  }
}
