package org.sparkmim.data.order;

/**
 * Draws one mask after another by a {@link MaskStrategy}. Keeps its buffers, so that drawing
 * allocates nothing; one a thread.
 */
@FunctionalInterface
public interface Masker {
  /**
   * Draws a mask from the sample's numbers alone.
   *
   * @param keepIds receives [K] visible tokens, from {@code keepAt} on
   * @param restoreIds receives [L] rank of every token, from {@code restoreAt} on; a token is
   *     visible when its rank is below K, and {@code keepIds} holds it at that rank
   */
  void draw(SampleRandom random, int[] keepIds, int keepAt, int[] restoreIds, int restoreAt);
}
