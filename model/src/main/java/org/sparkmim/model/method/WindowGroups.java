package org.sparkmim.model.method;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The windows of one stage and shift on the visible tokens, packed into groups for {@link
 * org.sparkmim.model.graph.Op.WindowAttention}: largest first, each into the first group with room.
 * Allocates nothing after construction.
 *
 * <p>A token (row, column) is in window {@code ((row + w - shift mod w) div w, ..)}; windows at the
 * border are smaller, nothing is rolled around. Query and key of one window find their bias in row
 * {@code (dr + w - 1) (2w - 1) + dc + w - 1}, differences being query minus key (Swin, 3.2).
 */
public final class WindowGroups {
  /** Groups have a multiple of this: softmax to bf16 is slow on other lengths. */
  private static final int SLOTS = 32;

  private final SwinGrid grid;
  private final int stage;
  private final int shift;
  private final int window;
  private final int across;
  private final int tableRows;
  private final int tokens;
  private final int capacity;
  private final int groups;
  private final int[] rows;
  private final int[] columns;
  private final int[] windowOf;
  private final int[] sizes;
  private final int[] nextSlot;
  private final int[] filled;
  private final int[] slots;
  private final int[] pairs;

  /**
   * Windows with room for any mask.
   *
   * @param visible number of visible units
   */
  static WindowGroups of(SwinGrid grid, int stage, int shift, int visible) {
    int tokens = visible * grid.unitTokens(stage);
    int capacity = capacity(grid, stage, tokens);
    // First fit leaves no two groups that would go into one.
    int most = tokens == capacity ? 1 : 2 * tokens / capacity + 1;
    WindowGroups groups = new WindowGroups(grid, stage, shift, visible, most);
    if (visible < grid.units()) {
      return groups;
    }
    groups.update(IntStream.range(0, visible).toArray());
    return new WindowGroups(grid, stage, shift, visible, groups.used());
  }

  private WindowGroups(SwinGrid grid, int stage, int shift, int visible, int groups) {
    this.grid = grid;
    this.stage = stage;
    this.shift = shift;
    window = grid.window(stage);
    across = (grid.side(stage) - 1 + offset()) / window + 1;
    tableRows = grid.tableRows(stage);
    tokens = visible * grid.unitTokens(stage);
    capacity = capacity(grid, stage, tokens);
    this.groups = groups;
    rows = new int[tokens];
    columns = new int[tokens];
    windowOf = new int[tokens];
    sizes = new int[across * across];
    nextSlot = new int[across * across];
    filled = new int[groups];
    slots = new int[groups * capacity];
    pairs = new int[groups * capacity * capacity];
  }

  private static int capacity(SwinGrid grid, int stage, int tokens) {
    int window = grid.window(stage) * grid.window(stage);
    return Math.min((window + SLOTS - 1) / SLOTS * SLOTS, tokens);
  }

  /** Whether one group holds all tokens, in their order. */
  boolean isWhole() {
    return groups == 1;
  }

  /** Groups that there is room for, G. */
  int groups() {
    return groups;
  }

  /** Groups in use. */
  int used() {
    int used = 0;
    while (used < groups && filled[used] > 0) {
      used++;
    }
    return used;
  }

  /** Slots of a group, S. */
  int capacity() {
    return capacity;
  }

  /** Token in each slot {@code [G, S]}; the number of tokens where a slot is empty. */
  int[] slots() {
    return slots;
  }

  /** Row of the bias table {@code [G, S, S]}; the number of rows where attention is forbidden. */
  int[] pairs() {
    return pairs;
  }

  /** Row and column that each visible token is taken to have. */
  public int[][] coordinates() {
    return new int[][] {rows.clone(), columns.clone()};
  }

  /** Number of each visible token's window, in rows of windows. */
  public int[] windows() {
    return windowOf.clone();
  }

  /**
   * Packs the windows of another mask.
   *
   * @param visible visible units in ascending order; the first ones of the array
   */
  void update(int[] visible) {
    locate(visible);
    Arrays.fill(sizes, 0);
    for (int t = 0; t < tokens; t++) {
      windowOf[t] = (rows[t] + offset()) / window * across + (columns[t] + offset()) / window;
      sizes[windowOf[t]]++;
    }
    Arrays.fill(slots, tokens);
    Arrays.fill(filled, 0);
    if (isWhole()) {
      filled[0] = tokens;
      Arrays.setAll(slots, t -> t);
    } else {
      pack();
      for (int t = 0; t < tokens; t++) {
        slots[nextSlot[windowOf[t]]++] = t;
      }
    }
    for (int group = 0; group < groups; group++) {
      pair(group);
    }
  }

  private int offset() {
    return (grid.window(stage) - shift) % grid.window(stage);
  }

  private void locate(int[] visible) {
    int side = grid.side(stage);
    int unitSide = grid.unitSide(stage);
    boolean misread = stage > 0 && grid.shape().coordinates() == SwinShape.Coordinates.PUBLISHED;
    for (int t = 0; t < tokens; t++) {
      int unit = visible[t / grid.unitTokens(stage)];
      int within = t % grid.unitTokens(stage);
      int number = unit * grid.unitTokens(stage) + within;
      rows[t] = misread ? number / side : unit / grid.unitsAcross() * unitSide + within / unitSide;
      columns[t] =
          misread ? number % side : unit % grid.unitsAcross() * unitSide + within % unitSide;
    }
  }

  private void pack() {
    for (int size = window * window; size > 0; size--) {
      for (int w = 0; w < sizes.length; w++) {
        if (sizes[w] == size) {
          int group = 0;
          while (filled[group] + size > capacity) {
            group++;
          }
          nextSlot[w] = group * capacity + filled[group];
          filled[group] += size;
        }
      }
    }
  }

  private void pair(int group) {
    int side = 2 * window - 1;
    int first = group * capacity;
    Arrays.fill(pairs, first * capacity, (first + capacity) * capacity, tableRows);
    for (int i = 0; i < filled[group]; i++) {
      int query = slots[first + i];
      for (int j = 0; j < filled[group]; j++) {
        int key = slots[first + j];
        if (windowOf[query] == windowOf[key]) {
          int down = rows[query] - rows[key] + window - 1;
          int right = columns[query] - columns[key] + window - 1;
          pairs[(first + i) * capacity + j] = down * side + right;
        }
      }
    }
  }
}
