package org.sparkmim.model.method;

/** Which patches a network in training predicts. */
public enum Predicted {
  /** All, in the order of the grid, as the published code does; to look at. */
  ALL,
  /**
   * Only those that the encoder did not see, wherever a decoder's scale allows. The losses ask for
   * no others, so losses and gradients are the same.
   */
  HIDDEN
}
