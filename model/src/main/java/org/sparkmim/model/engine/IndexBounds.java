package org.sparkmim.model.engine;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Value;

/**
 * The range that the operations of a graph give each of its index values: rows of the gathered
 * table for {@link Op.GatherRows}, of the target for {@link Op.MaskedLoss}, grid positions for
 * {@link Op.Unshuffle} and {@link Op.RestoreTokens}, tokens and rows of the bias for {@link
 * Op.WindowAttention}. Kernels trust indices, so every engine checks them here when they are
 * written.
 */
public final class IndexBounds {
  private final Map<Value, Integer> bounds = new HashMap<>();
  private final Map<Value, int[]> lastRow = new HashMap<>();

  public IndexBounds(Graph graph) {
    for (Op op : graph.ops()) {
      if (op instanceof Op.GatherRows gather) {
        bounds.merge(gather.ids(), gather.table().rows(), Math::min);
        if (gather.table().differentiable()) {
          lastRow.put(gather.ids(), new int[gather.table().rows()]);
        }
      } else if (op instanceof Op.MaskedLoss loss && loss.rows() != null) {
        bounds.merge(loss.rows(), loss.target().rows(), Math::min);
      } else if (op instanceof Op.Unshuffle unshuffle) {
        bounds.merge(unshuffle.restoreIds(), unshuffle.restoreIds().extent(1), Math::min);
      } else if (op instanceof Op.RestoreTokens restore) {
        bounds.merge(restore.restoreIds(), restore.out().extent(1), Math::min);
      } else if (op instanceof Op.WindowAttention attention) {
        bounds.merge(attention.pairs(), attention.table().rows() + 1, Math::min);
        if (attention.slots() != null) {
          bounds.merge(attention.slots(), attention.out().extent(1) + 1, Math::min);
        }
      }
    }
  }

  /**
   * Checks the first {@code index.size()} numbers.
   *
   * @throws ModelException of kind INPUT that names the first entry outside the range, or that
   *     occurs twice in an image where it must not
   */
  public void check(Value index, int[] numbers) {
    int bound = bounds.getOrDefault(index, Integer.MAX_VALUE);
    for (int i = 0; i < index.size(); i++) {
      if (numbers[i] < 0 || numbers[i] >= bound) {
        throw new ModelException(
            ModelException.Kind.INPUT,
            "%s: entry %s is %d; allowed are 0 to %d. The masks were made for another image size "
                    .formatted(index, coordinates(index, i), numbers[i], bound - 1)
                + "or the file is damaged.");
      }
    }
    checkDistinct(index, numbers);
  }

  /** Each number at most once in a row, where the operations ask for that. */
  private void checkDistinct(Value index, int[] numbers) {
    int[] last = lastRow.get(index);
    if (last == null) {
      return;
    }
    Arrays.fill(last, -1);
    for (int i = 0; i < index.size(); i++) {
      int row = i / index.width();
      if (last[numbers[i]] == row) {
        throw new ModelException(
            ModelException.Kind.INPUT,
            "%s: entry %s is %d, which row %d has already. The file of masks is damaged."
                .formatted(index, coordinates(index, i), numbers[i], row));
      }
      last[numbers[i]] = row;
    }
  }

  private static List<Integer> coordinates(Value index, int at) {
    return List.of(at / index.width(), at % index.width());
  }
}
