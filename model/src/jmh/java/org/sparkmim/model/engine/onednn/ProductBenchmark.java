package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The products of a fully connected layer in bf16, in the ways that were tried. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ProductBenchmark {
  /** Rows, width of the input, width of the output. */
  @Param({"800x768x3072", "800x3072x768", "6304x256x1024", "1088x192x768"})
  public String shape;

  private Dnnl dnnl;
  private List<Kernel> plain;
  private List<Kernel> packed;
  private List<Kernel> withResidual;
  private List<Kernel> gradientPlain;
  private List<Kernel> gradientPacked;
  private List<Kernel> gradientTurnedAndPacked;

  @Setup(Level.Trial)
  public void prepare() {
    String[] extents = shape.split("x");
    long rows = Long.parseLong(extents[0]);
    long in = Long.parseLong(extents[1]);
    long out = Long.parseLong(extents[2]);
    dnnl = new Dnnl();
    Primitives primitives = new Primitives(dnnl);
    Region room = new Region();
    Tensor x = tensor(dnnl_bf16, rows, in);
    Tensor y = tensor(dnnl_bf16, rows, out);
    Tensor turned = tensor(dnnl_bf16, out, rows);
    Tensor bias = tensor(dnnl_f32, 1, out);
    Tensor master = tensor(dnnl_f32, out, in);
    Tensor weight = tensor(dnnl_bf16, out, in);
    Tensor gradient = tensor(dnnl_f32, out, in);
    plain = List.of(primitives.matmul(x, weight.transpose(), bias, y, dnnl.attributes()));
    packed = primitives.packedMatmul(x, master.transpose(), room, bias, y, dnnl.attributes());
    withResidual = new ArrayList<>(packed);
    withResidual.add(primitives.add(tensor(dnnl_bf16, rows, out), y));
    gradientPlain = List.of(primitives.matmul(y.transpose(), x, null, gradient, dnnl.attributes()));
    gradientPacked =
        primitives.packedMatmul(y.transpose(), x, room, null, gradient, dnnl.attributes());
    gradientTurnedAndPacked = new ArrayList<>();
    gradientTurnedAndPacked.add(primitives.copy(y.transpose(), turned));
    gradientTurnedAndPacked.addAll(
        primitives.packedMatmul(turned, x, room, null, gradient, dnnl.attributes()));
    for (Region region : List.of(room, dnnl.scratchpad())) {
      region.bind(dnnl.allocate(region.bytes()));
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    dnnl.close();
  }

  /** Weights in bf16 as they lie. */
  @Benchmark
  public void forwardPlain() {
    plain.forEach(Kernel::run);
  }

  /** Weights packed from float32 each time, as training does. */
  @Benchmark
  public void forwardPacked() {
    packed.forEach(Kernel::run);
  }

  @Benchmark
  public void forwardPackedWithResidual() {
    withResidual.forEach(Kernel::run);
  }

  @Benchmark
  public void weightGradientPlain() {
    gradientPlain.forEach(Kernel::run);
  }

  /** What training does where the output is wider than the input. */
  @Benchmark
  public void weightGradientPacked() {
    gradientPacked.forEach(Kernel::run);
  }

  /** What training does where it is not. */
  @Benchmark
  public void weightGradientTurnedAndPacked() {
    gradientTurnedAndPacked.forEach(Kernel::run);
  }

  private Tensor tensor(int type, long... dims) {
    long size = 1;
    for (long extent : dims) {
      size *= extent;
    }
    Tensor tensor = Tensor.of(dnnl.allocate(size * Tensor.bytesOf(type)), type, dims);
    new HostAccess(tensor).write(new float[Math.toIntExact(size)]);
    return tensor;
  }
}
