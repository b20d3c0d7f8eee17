package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;
import static org.sparkmim.model.engine.onednn.Dnnl.check;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/** The primitives that kernels are made of, on {@link Tensor}s. */
final class Primitives {
  private final Dnnl dnnl;

  Primitives(Dnnl dnnl) {
    this.dnnl = dnnl;
  }

  /** {@code c = a * b}, then what the attributes say; {@code bias} may be null. */
  Kernel matmul(Tensor a, Tensor b, Tensor bias, Tensor c, Dnnl.Attributes attributes) {
    dnnl_primitive_desc pd =
        matmulDescription(dnnl.describe(a), dnnl.describe(b), bias, dnnl.describe(c), attributes);
    return product(pd, a, dnnl.memory(b), bias, c);
  }

  /**
   * {@code c = a * b} where {@code b} is first copied into the layout that the product prefers, in
   * the type of {@code a}. The copy lies in {@code room}, so that it is still in the cache when the
   * product reads it and costs no memory of its own.
   */
  List<Kernel> packedMatmul(
      Tensor a, Tensor b, Region room, Tensor bias, Tensor c, Dnnl.Attributes attributes) {
    dnnl_primitive_desc pd =
        matmulDescription(
            dnnl.describe(a),
            dnnl.describeAny(a.type(), b.dims()),
            bias,
            dnnl.describe(c),
            attributes);
    dnnl_memory_desc layout = dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
    dnnl_memory packed = dnnl.memory(layout, room, dnnl_memory_desc_get_size(layout));
    return List.of(
        reorder(dnnl.describe(b), dnnl.memory(b), layout, packed), product(pd, a, packed, bias, c));
  }

  private Kernel product(
      dnnl_primitive_desc description, Tensor a, dnnl_memory b, Tensor bias, Tensor c) {
    Map<Integer, dnnl_memory> arguments = new LinkedHashMap<>();
    arguments.put(DNNL_ARG_SRC, dnnl.memory(a));
    arguments.put(DNNL_ARG_WEIGHTS, b);
    if (bias != null) {
      arguments.put(DNNL_ARG_BIAS, dnnl.memory(bias));
    }
    arguments.put(DNNL_ARG_DST, dnnl.memory(c));
    return dnnl.kernel(description, arguments);
  }

  private dnnl_primitive_desc matmulDescription(
      dnnl_memory_desc a,
      dnnl_memory_desc b,
      Tensor bias,
      dnnl_memory_desc c,
      Dnnl.Attributes attributes) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    check(
        dnnl_matmul_primitive_desc_create(
            pd,
            dnnl.engine(),
            a,
            b,
            bias == null ? null : dnnl.describe(bias),
            c,
            attributes.seal()),
        "matrix product");
    return dnnl.own(pd);
  }

  /** Copies with change of layout and type. */
  Kernel copy(Tensor from, Tensor to) {
    return reorder(dnnl.describe(from), dnnl.memory(from), dnnl.describe(to), dnnl.memory(to));
  }

  private Kernel reorder(
      dnnl_memory_desc from, dnnl_memory source, dnnl_memory_desc to, dnnl_memory target) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    check(
        dnnl_reorder_primitive_desc_create(
            pd, from, dnnl.engine(), to, dnnl.engine(), dnnl.attributes().seal()),
        "copy");
    return dnnl.kernel(dnnl.own(pd), Map.of(DNNL_ARG_FROM, source, DNNL_ARG_TO, target));
  }

  /** {@code to += from}. */
  Kernel add(Tensor from, Tensor to) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    dnnl_memory_desc md = dnnl.describe(to);
    check(
        dnnl_binary_primitive_desc_create(
            pd,
            dnnl.engine(),
            dnnl_binary_add,
            md,
            dnnl.describe(from),
            md,
            dnnl.attributes().seal()),
        "addition");
    dnnl_memory target = dnnl.memory(to);
    return dnnl.kernel(
        dnnl.own(pd),
        Map.of(DNNL_ARG_SRC_0, target, DNNL_ARG_SRC_1, dnnl.memory(from), DNNL_ARG_DST, target));
  }

  /** A function of each element by oneDNN's number for it; {@code alpha} is its parameter. */
  record Activation(int algorithm, float alpha) {
    static final Activation GELU = new Activation(dnnl_eltwise_gelu_erf, 0);

    static Activation swish(double alpha) {
      return new Activation(dnnl_eltwise_swish, (float) alpha);
    }
  }

  private dnnl_primitive_desc description(Activation activation, Tensor x, Tensor y) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    check(
        dnnl_eltwise_forward_primitive_desc_create(
            pd,
            dnnl.engine(),
            dnnl_forward_training,
            activation.algorithm(),
            dnnl.describe(x),
            dnnl.describe(y),
            activation.alpha(),
            0f,
            dnnl.attributes().seal()),
        "activation");
    return dnnl.own(pd);
  }

  Kernel activation(Activation activation, Tensor x, Tensor y) {
    return dnnl.kernel(
        description(activation, x, y),
        Map.of(DNNL_ARG_SRC, dnnl.memory(x), DNNL_ARG_DST, dnnl.memory(y)));
  }

  Kernel activationBackward(Activation activation, Tensor x, Tensor dy, Tensor dx) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    check(
        dnnl_eltwise_backward_primitive_desc_create(
            pd,
            dnnl.engine(),
            activation.algorithm(),
            dnnl.describe(dx),
            dnnl.describe(dy),
            dnnl.describe(x),
            activation.alpha(),
            0f,
            description(activation, x, x),
            dnnl.attributes().seal()),
        "gradient of an activation");
    return dnnl.kernel(
        dnnl.own(pd),
        Map.of(
            DNNL_ARG_SRC, dnnl.memory(x),
            DNNL_ARG_DIFF_DST, dnnl.memory(dy),
            DNNL_ARG_DIFF_SRC, dnnl.memory(dx)));
  }

  private dnnl_primitive_desc softmaxDescription(Tensor x, Tensor y) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    check(
        dnnl_softmax_forward_primitive_desc_create(
            pd,
            dnnl.engine(),
            dnnl_forward_training,
            dnnl_softmax_accurate,
            dnnl.describe(x),
            dnnl.describe(y),
            x.dims().length - 1,
            dnnl.attributes().seal()),
        "softmax");
    return dnnl.own(pd);
  }

  /** Softmax over the last dimension. */
  Kernel softmax(Tensor x, Tensor y) {
    return dnnl.kernel(
        softmaxDescription(x, y),
        Map.of(DNNL_ARG_SRC, dnnl.memory(x), DNNL_ARG_DST, dnnl.memory(y)));
  }

  Kernel softmaxBackward(Tensor y, Tensor dy, Tensor dx) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    check(
        dnnl_softmax_backward_primitive_desc_create(
            pd,
            dnnl.engine(),
            dnnl_softmax_accurate,
            dnnl.describe(dx),
            dnnl.describe(dy),
            dnnl.describe(y),
            y.dims().length - 1,
            softmaxDescription(y, y),
            dnnl.attributes().seal()),
        "gradient of softmax");
    return dnnl.kernel(
        dnnl.own(pd),
        Map.of(
            DNNL_ARG_DST, dnnl.memory(y),
            DNNL_ARG_DIFF_DST, dnnl.memory(dy),
            DNNL_ARG_DIFF_SRC, dnnl.memory(dx)));
  }

  /** Rows, scale, shift and statistics of a layer norm; all two-dimensional or vectors. */
  record Norm(Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor variance, double eps) {}

  private dnnl_primitive_desc normDescription(Norm norm, Tensor y) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    check(
        dnnl_layer_normalization_forward_primitive_desc_create(
            pd,
            dnnl.engine(),
            dnnl_forward_training,
            dnnl.describe(norm.x()),
            dnnl.describe(y),
            dnnl.describe(norm.mean()),
            (float) norm.eps(),
            dnnl_use_scale | dnnl_use_shift,
            dnnl.attributes().seal()),
        "layer norm");
    return dnnl.own(pd);
  }

  Kernel layerNorm(Norm norm, Tensor y) {
    return dnnl.kernel(
        normDescription(norm, y),
        Map.of(
            DNNL_ARG_SRC, dnnl.memory(norm.x()),
            DNNL_ARG_SCALE, dnnl.memory(norm.gamma()),
            DNNL_ARG_SHIFT, dnnl.memory(norm.beta()),
            DNNL_ARG_MEAN, dnnl.memory(norm.mean()),
            DNNL_ARG_VARIANCE, dnnl.memory(norm.variance()),
            DNNL_ARG_DST, dnnl.memory(y)));
  }

  Kernel layerNormBackward(Norm norm, Tensor dy, Tensor dx, Tensor dGamma, Tensor dBeta) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    check(
        dnnl_layer_normalization_backward_primitive_desc_create(
            pd,
            dnnl.engine(),
            dnnl_backward,
            dnnl.describe(dx),
            dnnl.describe(dy),
            dnnl.describe(norm.x()),
            dnnl.describe(norm.mean()),
            (float) norm.eps(),
            dnnl_use_scale | dnnl_use_shift,
            normDescription(norm, dy),
            dnnl.attributes().seal()),
        "gradient of layer norm");
    Map<Integer, dnnl_memory> arguments = new LinkedHashMap<>();
    arguments.put(DNNL_ARG_SRC, dnnl.memory(norm.x()));
    arguments.put(DNNL_ARG_SCALE, dnnl.memory(norm.gamma()));
    arguments.put(DNNL_ARG_SHIFT, dnnl.memory(norm.beta()));
    arguments.put(DNNL_ARG_MEAN, dnnl.memory(norm.mean()));
    arguments.put(DNNL_ARG_VARIANCE, dnnl.memory(norm.variance()));
    arguments.put(DNNL_ARG_DIFF_DST, dnnl.memory(dy));
    arguments.put(DNNL_ARG_DIFF_SRC, dnnl.memory(dx));
    arguments.put(DNNL_ARG_DIFF_SCALE, dnnl.memory(dGamma));
    arguments.put(DNNL_ARG_DIFF_SHIFT, dnnl.memory(dBeta));
    return dnnl.kernel(dnnl.own(pd), arguments);
  }

  private static final long[] TWO = {2, 2};
  private static final long[] ZERO = {0, 0};

  private dnnl_primitive_desc poolDescription(Tensor x, Tensor y) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    check(
        dnnl_pooling_forward_primitive_desc_create(
            pd,
            dnnl.engine(),
            dnnl_forward_training,
            dnnl_pooling_avg_exclude_padding,
            dnnl.describe(x),
            dnnl.describe(y),
            TWO,
            TWO,
            ZERO,
            ZERO,
            ZERO,
            dnnl.attributes().seal()),
        "pooling");
    return dnnl.own(pd);
  }

  /** Mean of 2x2 neighbours; tensors are {@code [B, C, H, W]} views of channels-last memory. */
  Kernel pool(Tensor x, Tensor y) {
    return dnnl.kernel(
        poolDescription(x, y), Map.of(DNNL_ARG_SRC, dnnl.memory(x), DNNL_ARG_DST, dnnl.memory(y)));
  }

  Kernel poolBackward(Tensor dy, Tensor dx) {
    dnnl_primitive_desc pd = new dnnl_primitive_desc();
    check(
        dnnl_pooling_backward_primitive_desc_create(
            pd,
            dnnl.engine(),
            dnnl_pooling_avg_exclude_padding,
            dnnl.describe(dx),
            dnnl.describe(dy),
            TWO,
            TWO,
            ZERO,
            ZERO,
            ZERO,
            poolDescription(dx, dy),
            dnnl.attributes().seal()),
        "gradient of pooling");
    return dnnl.kernel(
        dnnl.own(pd),
        Map.of(DNNL_ARG_DIFF_DST, dnnl.memory(dy), DNNL_ARG_DIFF_SRC, dnnl.memory(dx)));
  }
}
