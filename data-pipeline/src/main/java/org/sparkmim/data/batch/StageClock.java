package org.sparkmim.data.batch;

/** Told when a stage of filling a sample has ended, so that stages can be timed where they run. */
@FunctionalInterface
public interface StageClock {
  /** The way of an image into a minibatch, in this order. */
  enum Stage {
    /** Ranged read of the encoded picture. */
    READ,
    /** Encoded picture to pixels. */
    DECODE,
    /** Random crop, resized and flipped. */
    AUGMENT,
    /** What is to be predicted, at every scale. */
    TARGET,
    /** Ranking of tokens and weights of cells. */
    MASK,
    /** The patches that the model sees, normalised. */
    PATCHIFY
  }

  /** Does not look. */
  StageClock NONE = stage -> {};

  /** The stage ends now, and the next begins. */
  void finished(Stage stage);
}
