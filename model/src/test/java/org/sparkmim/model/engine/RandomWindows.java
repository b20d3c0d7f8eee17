package org.sparkmim.model.engine;

import java.util.Arrays;
import org.sparkmim.model.graph.Value;

/**
 * Random windows for attention: tokens scattered over the slots of groups, some slots and groups
 * empty, pairs of one window on random rows of the table.
 *
 * @param tokens of an image
 * @param capacity slots of a group
 * @param groups enough for the tokens
 */
public record RandomWindows(int tokens, int capacity, int groups) {
  private static final int MOST_WINDOWS = 3;

  /** Attention in windows on {@code qkv}, with a trained table. */
  public Value attention(RandomNetwork n, Value qkv, int heads) {
    return attention(n, qkv, n.parameter(n.size(1, 6), heads));
  }

  /** Attention in windows on {@code qkv}. */
  public Value attention(RandomNetwork n, Value qkv, Value table) {
    int[] slots = slots(n);
    Value pairs = n.index(pairs(n, slots, table.rows()), groups, capacity, capacity);
    Value slotsOrNull = groups == 1 && capacity == tokens ? null : n.index(slots, groups, capacity);
    return n.builder().windowAttention(qkv, table, slotsOrNull, pairs, table.width());
  }

  private int[] slots(RandomNetwork n) {
    int[] slots = new int[groups * capacity];
    Arrays.fill(slots, tokens);
    if (groups == 1 && capacity == tokens) {
      Arrays.setAll(slots, i -> i);
      return slots;
    }
    int used = n.size((tokens + capacity - 1) / capacity, Math.min(groups, tokens));
    int[] order = n.permutation(tokens);
    // The first slot of a group in use is never empty; the rest anywhere else.
    int[] free = new int[used * capacity - used];
    for (int i = 0, at = 0; i < used * capacity; i++) {
      if (i % capacity != 0) {
        free[at++] = i;
      }
    }
    int[] places = n.permutation(free.length);
    for (int t = 0; t < tokens; t++) {
      slots[t < used ? t * capacity : free[places[t - used]]] = order[t];
    }
    return slots;
  }

  private int[] pairs(RandomNetwork n, int[] slots, int tableRows) {
    int[] window = new int[slots.length];
    for (int i = 0; i < slots.length; i++) {
      window[i] = n.size(1, MOST_WINDOWS);
    }
    int[] pairs = new int[groups * capacity * capacity];
    for (int i = 0; i < pairs.length; i++) {
      int query = i / capacity;
      int key = query / capacity * capacity + i % capacity;
      boolean there = slots[query] < tokens && slots[key] < tokens;
      boolean sees = there && window[query] == window[key];
      pairs[i] = sees ? n.size(0, tableRows - 1) : tableRows;
    }
    return pairs;
  }
}
