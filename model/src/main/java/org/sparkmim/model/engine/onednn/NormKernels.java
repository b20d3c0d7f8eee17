package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.sparkmim.model.engine.onednn.Primitives.Activation;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/** Kernels of {@link Op.LayerNorm}, {@link Op.Gelu} and {@link Op.Swish}. */
final class NormKernels {
  private final Emission emission;

  NormKernels(Emission emission) {
    this.emission = emission;
  }

  List<Kernel> forward(Op.LayerNorm op) {
    return List.of(emission.primitives().layerNorm(norm(op), emission.buffers().rows(op.out())));
  }

  List<Kernel> backward(Op.LayerNorm op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    Tensor dOut = buffers.gradientRows(op.out());
    long width = op.x().width();
    Tensor dGamma = vector(width);
    Tensor dBeta = vector(width);
    Write write = step.write(op.x());
    Tensor dx =
        write == Write.SET
            ? buffers.gradientRows(op.x())
            : Tensor.in(emission.scratch(), buffers.activationType(), op.x().rows(), width);
    List<Kernel> kernels = new ArrayList<>();
    kernels.add(
        emission
            .primitives()
            .layerNormBackward(
                norm(op),
                dOut,
                dx,
                target(step, op.gamma(), dGamma),
                target(step, op.beta(), dBeta)));
    if (write == Write.ADD) {
      kernels.add(emission.primitives().add(dx, buffers.gradientRows(op.x())));
    }
    addAside(kernels, step, op.gamma(), dGamma);
    addAside(kernels, step, op.beta(), dBeta);
    return kernels;
  }

  List<Kernel> forward(Op.Gelu op) {
    return forward(Activation.GELU, op.x(), op.out());
  }

  List<Kernel> backward(Op.Gelu op, BackwardStep step) {
    return backward(Activation.GELU, op.x(), op.out(), step);
  }

  List<Kernel> forward(Op.Swish op) {
    return forward(Activation.swish(op.alpha()), op.x(), op.out());
  }

  List<Kernel> backward(Op.Swish op, BackwardStep step) {
    return backward(Activation.swish(op.alpha()), op.x(), op.out(), step);
  }

  private List<Kernel> forward(Activation activation, Value x, Value out) {
    Buffers buffers = emission.buffers();
    return List.of(
        emission.primitives().activation(activation, buffers.rows(x), buffers.rows(out)));
  }

  private List<Kernel> backward(Activation activation, Value x, Value out, BackwardStep step) {
    Buffers buffers = emission.buffers();
    return emission.contribute(
        step.write(x),
        buffers.gradientRows(x),
        dx ->
            emission
                .primitives()
                .activationBackward(activation, buffers.rows(x), buffers.gradientRows(out), dx));
  }

  /** Straight into the gradient where nothing is there yet, else aside. */
  private Tensor target(BackwardStep step, Value parameter, Tensor aside) {
    return step.write(parameter) == Write.SET
        ? emission.buffers().gradient(parameter).reshape(parameter.size())
        : aside;
  }

  private void addAside(List<Kernel> kernels, BackwardStep step, Value parameter, Tensor aside) {
    if (step.write(parameter) == Write.ADD) {
      Tensor gradient = emission.buffers().gradient(parameter).reshape(parameter.size());
      kernels.add(emission.primitives().add(aside, gradient));
    }
  }

  private Tensor vector(long width) {
    BytePointer data = emission.dnnl().allocate(width * Float.BYTES);
    return Tensor.of(data, dnnl_f32, width);
  }

  private Primitives.Norm norm(Op.LayerNorm op) {
    Buffers buffers = emission.buffers();
    return new Primitives.Norm(
        buffers.rows(op.x()),
        buffers.of(op.gamma()).reshape(op.gamma().size()),
        buffers.of(op.beta()).reshape(op.beta().size()),
        buffers.of(op.mean()),
        buffers.of(op.variance()),
        op.eps());
  }
}
