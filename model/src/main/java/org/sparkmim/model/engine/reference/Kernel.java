package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** One operation on arrays of doubles. */
interface Kernel {
  /** Writes the output and the statistics of the operation. */
  void forward();

  /** Adds the contribution of the operation to the gradients of its inputs. */
  void backward();

  static Kernel of(Op op, Operands operands) {
    if (op instanceof Op.Linear linear) {
      return new LinearKernel(linear, operands);
    } else if (op instanceof Op.Gelu gelu) {
      return new GeluKernel(gelu, operands);
    } else if (op instanceof Op.LayerNorm layerNorm) {
      return new LayerNormKernel(layerNorm, operands);
    } else if (op instanceof Op.Attention attention) {
      return new AttentionKernel(attention, operands);
    } else if (op instanceof Op.GatherRows gather) {
      return new GatherRowsKernel(gather, operands);
    } else if (op instanceof Op.PrependToken prepend) {
      return new PrependTokenKernel(prepend, operands);
    } else if (op instanceof Op.DropTokens drop) {
      return new DropTokensKernel(drop, operands);
    } else if (op instanceof Op.Unshuffle unshuffle) {
      return new UnshuffleKernel(unshuffle, operands);
    } else if (op instanceof Op.WindowAttention attention) {
      return new WindowAttentionKernel(attention, operands);
    } else if (op instanceof Op.Permute permute) {
      return new PermuteKernel(permute, operands);
    } else if (op instanceof Op.RestoreTokens restore) {
      return new RestoreTokensKernel(restore, operands);
    } else if (op instanceof Op.ConvTranspose2x convTranspose) {
      return new ConvTranspose2xKernel(convTranspose, operands);
    } else if (op instanceof Op.AvgPool2x pool) {
      return new AvgPool2xKernel(pool, operands);
    } else if (op instanceof Op.AddPositions add) {
      return new AddPositionsKernel(add, operands);
    } else if (op instanceof Op.TokenMean mean) {
      return new TokenMeanKernel(mean, operands);
    } else if (op instanceof Op.CrossEntropy loss) {
      return new CrossEntropyKernel(loss, operands);
    } else if (op instanceof Op.Swish swish) {
      return new SwishKernel(swish, operands);
    } else if (op instanceof Op.Mix mix) {
      return new MixKernel(mix, operands);
    } else if (op instanceof Op.AddBranch add) {
      return new AddBranchKernel(add, operands);
    } else if (op instanceof Op.MaskedLoss loss) {
      return new MaskedLossKernel(loss, operands);
    }
    throw new IllegalArgumentException("no reference kernel for " + op);
  }
}
