package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/** Tasks of {@link Op.LayerNorm}, {@link Op.Gelu} and {@link Op.Swish}. */
final class NormKernels {
  private final Emission emission;
  private final Buffers buffers;

  NormKernels(Emission emission) {
    this.emission = emission;
    buffers = emission.buffers();
  }

  List<Task> forward(Op.Gelu op) {
    return List.of(
        Launch.elements("gelu", op.x().size(), buffers.at(op.x()), buffers.at(op.out())));
  }

  List<Task> backward(Op.Gelu op, BackwardStep step) {
    Address dOut = buffers.gradient(op.out()).at();
    return emission.contributeOne(
        step.write(op.x()),
        op.x(),
        (to, add) ->
            Launch.elements("gelu_backward", op.x().size(), buffers.at(op.x()), dOut, to, add));
  }

  List<Task> forward(Op.Swish op) {
    float alpha = (float) op.alpha();
    return List.of(
        Launch.elements("swish", op.x().size(), buffers.at(op.x()), alpha, buffers.at(op.out())));
  }

  List<Task> backward(Op.Swish op, BackwardStep step) {
    Address dOut = buffers.gradient(op.out()).at();
    float alpha = (float) op.alpha();
    return emission.contributeOne(
        step.write(op.x()),
        op.x(),
        (to, add) ->
            Launch.elements(
                "swish_backward", op.x().size(), buffers.at(op.x()), alpha, dOut, to, add));
  }

  List<Task> forward(Op.LayerNorm op) {
    return List.of(
        Launch.rows(
            "layer_norm",
            op.x().rows(),
            op.x().width(),
            buffers.at(op.x()),
            buffers.floats(op.gamma()),
            buffers.floats(op.beta()),
            (float) op.eps(),
            buffers.at(op.mean()),
            buffers.at(op.variance()),
            buffers.at(op.out())));
  }

  List<Task> backward(Op.LayerNorm op, BackwardStep step) {
    List<Task> tasks = new ArrayList<>(parameterGradients(op, step));
    Address dOut = buffers.gradient(op.out()).at();
    tasks.addAll(
        emission.contributeOne(
            step.write(op.x()),
            op.x(),
            (to, add) ->
                Launch.rows(
                    "layer_norm_backward",
                    op.x().rows(),
                    op.x().width(),
                    buffers.at(op.x()),
                    buffers.floats(op.gamma()),
                    buffers.at(op.mean()),
                    buffers.at(op.variance()),
                    (float) op.eps(),
                    dOut,
                    to,
                    add)));
    return tasks;
  }

  private List<Task> parameterGradients(Op.LayerNorm op, BackwardStep step) {
    Write gammaWrite = step.write(op.gamma());
    Write betaWrite = step.write(op.beta());
    if (gammaWrite == Write.NONE && betaWrite == Write.NONE) {
      return List.of();
    }
    long rows = op.x().rows();
    long width = op.x().width();
    Emission.Chunks chunks = Emission.Chunks.of(rows);
    Address partial = emission.scratch().floats(2 * chunks.count() * width);
    List<Task> tasks = new ArrayList<>();
    tasks.add(
        Launch.columns(
            "layer_norm_sums",
            width,
            chunks.count(),
            buffers.at(op.x()),
            buffers.at(op.mean()),
            buffers.at(op.variance()),
            (float) op.eps(),
            buffers.gradient(op.out()).at(),
            rows,
            width,
            chunks.rows(),
            partial));
    if (gammaWrite != Write.NONE) {
      tasks.add(emission.addChunks(gammaWrite, partial, chunks, width, op.gamma()));
    }
    if (betaWrite != Write.NONE) {
      Address plain = partial.plus(Type.F32.bytes(chunks.count() * width));
      tasks.add(emission.addChunks(betaWrite, plain, chunks, width, op.beta()));
    }
    return tasks;
  }
}
