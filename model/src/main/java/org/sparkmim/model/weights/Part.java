package org.sparkmim.model.weights;

import java.util.Locale;

/** How much of a model. */
public enum Part {
  /** What a classifier takes: the encoder with its positions and the norm after its last block. */
  ENCODER,
  /** Everything that pre-training has: decoders, mask tokens, adaptors. */
  FULL;

  /** Name on the command line. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
