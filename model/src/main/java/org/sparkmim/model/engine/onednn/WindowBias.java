package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;

import java.util.Arrays;
import org.sparkmim.model.graph.Op;

/**
 * The relative position bias of one group of windows, spread from the table to pairs of slots, and
 * its gradient, collected from pairs into the table. Heads are independent of each other.
 */
final class WindowBias {
  /** Added to the scores of forbidden pairs: their probability is zero in float32. */
  private static final float FORBIDDEN = -1e9f;

  private final int heads;
  private final int rows;
  private final int pairsOfGroup;
  private final HostAccess pairAccess;
  private final HostAccess tableAccess;
  private final HostAccess tileAccess;
  private final Tensor tile;
  private final int[] pairs;
  private final float[] table;
  private final float[][] tableOfHead;
  private final float[][] tileOfHead;

  WindowBias(Op.WindowAttention op, Emission emission) {
    heads = op.heads();
    rows = op.table().rows();
    pairsOfGroup = op.capacity() * op.capacity();
    pairAccess = new HostAccess(emission.buffers().of(op.pairs()));
    tableAccess = new HostAccess(emission.buffers().of(op.table()));
    long slots = op.capacity();
    tile =
        Tensor.of(
            emission.dnnl().allocate(Float.BYTES * (long) heads * pairsOfGroup),
            dnnl_f32,
            1,
            heads,
            slots,
            slots);
    tileAccess = new HostAccess(tile);
    pairs = new int[op.groups() * pairsOfGroup];
    table = new float[rows * heads];
    // One row more than the table has: that of forbidden pairs.
    tableOfHead = new float[heads][rows + 1];
    tileOfHead = new float[heads][pairsOfGroup];
  }

  /** {@code [1, heads, S, S]}: the bias in the forward pass, its gradient in the backward pass. */
  Tensor tile() {
    return tile;
  }

  /** Reads the pairs of the groups in use afresh. */
  void readPairs(int groups) {
    pairAccess.read(0, pairs, groups * pairsOfGroup);
  }

  /** Reads the table afresh. */
  void readTable() {
    tableAccess.read(table);
    for (int h = 0; h < heads; h++) {
      for (int row = 0; row < rows; row++) {
        tableOfHead[h][row] = table[row * heads + h];
      }
      tableOfHead[h][rows] = FORBIDDEN;
    }
  }

  /** Fills the tile for one head of a group. */
  void spread(int group, int head) {
    float[] numbers = tileOfHead[head];
    float[] ofHead = tableOfHead[head];
    int first = group * pairsOfGroup;
    for (int i = 0; i < pairsOfGroup; i++) {
      numbers[i] = ofHead[pairs[first + i]];
    }
    tileAccess.write(head * pairsOfGroup, numbers, pairsOfGroup);
  }

  /** Forgets what has been collected. */
  void clear() {
    for (float[] ofHead : tableOfHead) {
      Arrays.fill(ofHead, 0);
    }
  }

  /** Adds the gradients in the tile for one head of a group to those of the table. */
  void collect(int group, int head) {
    float[] numbers = tileOfHead[head];
    float[] ofHead = tableOfHead[head];
    tileAccess.read(head * pairsOfGroup, numbers, pairsOfGroup);
    int first = group * pairsOfGroup;
    for (int i = 0; i < pairsOfGroup; i++) {
      ofHead[pairs[first + i]] += numbers[i];
    }
  }

  /** Leaves what has been collected in a gradient of the table's shape. */
  void leave(HostAccess gradient, boolean add) {
    if (add) {
      gradient.read(table);
    } else {
      Arrays.fill(table, 0);
    }
    for (int row = 0; row < rows; row++) {
      for (int h = 0; h < heads; h++) {
        table[row * heads + h] += tableOfHead[h][row];
      }
    }
    gradient.write(table);
  }
}
