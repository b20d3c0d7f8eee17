package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/**
 * Kernels of {@link Op.ConvTranspose2x} and {@link Op.AvgPool2x}.
 *
 * <p>Kernel and stride of the transposed convolution are equal, so pixels do not overlap: it is one
 * matrix product to {@code 4 * O} columns, ordered (u, v, o), and a copy that spreads each row over
 * 2x2 pixels.
 */
final class GridKernels {
  private final Emission emission;
  private final List<Kernel> packing;

  GridKernels(Emission emission, List<Kernel> packing) {
    this.emission = emission;
    this.packing = packing;
  }

  List<Kernel> forward(Op.ConvTranspose2x op) {
    Buffers buffers = emission.buffers();
    long out = op.out().width();
    Tensor columns = columns(op);
    Tensor bias = Tensor.of(emission.dnnl().allocate(4 * out * Float.BYTES), dnnl_f32, 1, 4 * out);
    packing.add(emission.primitives().copy(byPixel(op, buffers.of(op.weight())), columns));
    HostAccess fourfold = new HostAccess(bias);
    HostAccess single = new HostAccess(buffers.of(op.bias()));
    float[] numbers = new float[(int) out];
    packing.add(
        () -> {
          single.read(numbers);
          for (int pixel = 0; pixel < 4; pixel++) {
            fourfold.write(pixel * numbers.length, numbers, numbers.length);
          }
        });
    Tensor spread = spreadRows(op);
    return List.of(
        emission
            .primitives()
            .matmul(
                buffers.rows(op.x()),
                columns.reshape(op.x().width(), 4 * out),
                bias,
                spread.reshape(op.x().rows(), 4 * out),
                emission.dnnl().attributes()),
        emission.primitives().copy(spread, pixels(op, buffers.of(op.out()))));
  }

  List<Kernel> backward(Op.ConvTranspose2x op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    Primitives primitives = emission.primitives();
    long rows = op.x().rows();
    long in = op.x().width();
    long out = op.out().width();
    Tensor dSpread = spreadRows(op);
    Tensor dRows = dSpread.reshape(rows, 4 * out);
    List<Kernel> kernels = new ArrayList<>();
    kernels.add(primitives.copy(pixels(op, buffers.gradient(op.out())), dSpread));
    Write weightWrite = step.write(op.weight());
    if (weightWrite != Write.NONE) {
      Tensor dColumns = Tensor.in(emission.scratch2(), dnnl_f32, in, 2, 2, out);
      kernels.add(
          primitives.matmul(
              buffers.rows(op.x()).transpose(),
              dRows,
              null,
              dColumns.reshape(in, 4 * out),
              emission.dnnl().attributes()));
      Tensor dWeight = byPixel(op, buffers.gradient(op.weight()));
      kernels.add(
          weightWrite == Write.ADD
              ? primitives.add(dColumns, dWeight)
              : primitives.copy(dColumns, dWeight));
    }
    Write xWrite = step.write(op.x());
    if (xWrite != Write.NONE) {
      Tensor columns = columns(op);
      packing.add(primitives.copy(byPixel(op, buffers.of(op.weight())), columns));
      kernels.add(
          primitives.matmul(
              dRows,
              columns.reshape(in, 4 * out).transpose(),
              null,
              buffers.gradientRows(op.x()),
              emission.leaving(xWrite)));
    }
    Tensor dOut = buffers.gradientRows(op.out());
    kernels.addAll(emission.columnSums(step.write(op.bias()), dOut, buffers.gradient(op.bias())));
    return kernels;
  }

  List<Kernel> forward(Op.AvgPool2x op) {
    Buffers buffers = emission.buffers();
    return List.of(
        emission
            .primitives()
            .pool(
                image(buffers.of(op.x()), op.x(), op.grid()),
                image(buffers.of(op.out()), op.out(), op.grid() / 2)));
  }

  List<Kernel> backward(Op.AvgPool2x op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    Tensor dOut = image(buffers.gradient(op.out()), op.out(), op.grid() / 2);
    return emission.contribute(
        step.write(op.x()),
        buffers.gradient(op.x()),
        dx -> emission.primitives().poolBackward(dOut, image(dx, op.x(), op.grid())));
  }

  /** Memory for the weights as {@code [C, 2, 2, O]} in the type of activations. */
  private Tensor columns(Op.ConvTranspose2x op) {
    int type = emission.buffers().activationType();
    long in = op.x().width();
    long out = op.out().width();
    return Tensor.of(
        emission.dnnl().allocate(in * 4 * out * Tensor.bytesOf(type)), type, in, 2, 2, out);
  }

  /** A view of {@code [C, O, 2, 2]} as {@code [C, 2, 2, O]}. */
  private static Tensor byPixel(Op.ConvTranspose2x op, Tensor weight) {
    long out = op.out().width();
    return weight.view(0, new long[] {op.x().width(), 2, 2, out}, new long[] {4 * out, 2, 1, 4});
  }

  /** One row for each input token: {@code [B*g, g, 2, 2*O]}. */
  private Tensor spreadRows(Op.ConvTranspose2x op) {
    long grid = op.grid();
    return Tensor.in(
        emission.scratch(),
        emission.buffers().activationType(),
        op.x().rows() / grid,
        grid,
        2,
        2L * op.out().width());
  }

  /** The output grid in the order of {@link #spreadRows}. */
  private static Tensor pixels(Op.ConvTranspose2x op, Tensor out) {
    long grid = op.grid();
    long width = op.out().width();
    return out.view(
        0,
        new long[] {op.x().rows() / grid, grid, 2, 2 * width},
        new long[] {4 * grid * width, 2 * width, 2 * grid * width, 1});
  }

  /** {@code [B, g*g, C]} as {@code [B, C, g, g]}, channels last in memory. */
  private static Tensor image(Tensor tokens, Value value, long grid) {
    long width = value.width();
    return tokens.view(
        0,
        new long[] {value.extent(0), width, grid, grid},
        new long[] {grid * grid * width, 1, grid * width, width});
  }
}
