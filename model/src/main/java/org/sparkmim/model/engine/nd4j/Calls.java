package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** One operation of a graph as calls of ND4J operations. */
interface Calls {
  /** Writes what computes the output and the statistics. */
  void forward();

  /** Writes what computes the contributions to the gradients of the inputs. */
  void backward(BackwardStep step);

  static Calls of(Op op, Emission emission) {
    if (op instanceof Op.Linear o) {
      return new LinearCalls(o, emission);
    } else if (op instanceof Op.Gelu o) {
      return new GeluCalls(o, emission);
    } else if (op instanceof Op.Swish o) {
      return new SwishCalls(o, emission);
    } else if (op instanceof Op.LayerNorm o) {
      return new LayerNormCalls(o, emission);
    } else if (op instanceof Op.Attention o) {
      return new AttentionCalls(o, emission);
    } else if (op instanceof Op.WindowAttention o) {
      return new WindowAttentionCalls(o, emission);
    } else if (op instanceof Op.GatherRows o) {
      return new GatherRowsCalls(o, emission);
    } else if (op instanceof Op.PrependToken o) {
      return new PrependTokenCalls(o, emission);
    } else if (op instanceof Op.DropTokens o) {
      return new DropTokensCalls(o, emission);
    } else if (op instanceof Op.Unshuffle o) {
      return new UnshuffleCalls(o, emission);
    } else if (op instanceof Op.RestoreTokens o) {
      return new RestoreTokensCalls(o, emission);
    } else if (op instanceof Op.Permute o) {
      return new PermuteCalls(o, emission);
    } else if (op instanceof Op.ConvTranspose2x o) {
      return new ConvTranspose2xCalls(o, emission);
    } else if (op instanceof Op.AvgPool2x o) {
      return new AvgPool2xCalls(o, emission);
    } else if (op instanceof Op.AddBranch o) {
      return new AddBranchCalls(o, emission);
    } else if (op instanceof Op.AddPositions o) {
      return new AddPositionsCalls(o, emission);
    } else if (op instanceof Op.TokenMean o) {
      return new TokenMeanCalls(o, emission);
    } else if (op instanceof Op.Mix o) {
      return new MixCalls(o, emission);
    } else if (op instanceof Op.CrossEntropy o) {
      return new CrossEntropyCalls(o, emission);
    }
    return new MaskedLossCalls((Op.MaskedLoss) op, emission);
  }
}
