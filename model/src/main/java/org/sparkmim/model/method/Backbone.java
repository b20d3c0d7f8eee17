package org.sparkmim.model.method;

import java.io.Serializable;

/** Sizes of an encoder. */
public sealed interface Backbone extends Serializable permits VitShape, SwinShape {
  /** Side of a patch, pixels. */
  int patchSize();

  /** Width of the tokens that come out, D. */
  int featureWidth();

  /** Transformer blocks. */
  int blocks();

  /** Whether there is a class token beside the patches'. */
  boolean hasClassToken();

  /** Sizes in a few words, for people: {@code ViT 768x12, 12 heads}. */
  String describe();
}
