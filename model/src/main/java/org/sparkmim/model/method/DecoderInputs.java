package org.sparkmim.model.method;

import java.util.Arrays;
import java.util.List;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Value;

/**
 * Where decoders find visible and hidden patches of a minibatch. Allocates at the first one, for
 * networks are also made to plan what they would take.
 */
final class DecoderInputs {
  /**
   * Which rows of a target are predicted, patch by patch in the order of the hidden tokens.
   *
   * @param scale cells along a side of a patch
   * @param index {@code [B, (L-K) * scale * scale]}, rows of all targets of the minibatch
   */
  record Rows(int scale, Value index) {}

  private final Value visibleAndCls;
  private final Value restoreIds;
  private final Value hiddenIds;
  private final int grid;
  private final List<Rows> rows;
  private int[] rowsAndCls;
  private int[] hidden;
  private int[][] cells;

  /**
   * @param visibleAndCls rows of the position table for cls and the visible patches {@code [B,
   *     K+1]}
   * @param restoreIds inverse permutation {@code [B, L]}; null where no decoder wants it
   * @param hiddenIds hidden patches in the order of their ranks {@code [B, L-K]}; null where all
   *     decoders predict all patches
   * @param grid patches along a side
   * @param rows one for each head that predicts hidden patches only
   */
  DecoderInputs(Value visibleAndCls, Value restoreIds, Value hiddenIds, int grid, List<Rows> rows) {
    this.visibleAndCls = visibleAndCls;
    this.restoreIds = restoreIds;
    this.hiddenIds = hiddenIds;
    this.grid = grid;
    this.rows = List.copyOf(rows);
  }

  private void allocate() {
    rowsAndCls = numbers(visibleAndCls);
    hidden = hiddenIds == null ? new int[0] : numbers(hiddenIds);
    cells = rows.stream().map(row -> numbers(row.index)).toArray(int[][]::new);
  }

  private static int[] numbers(Value index) {
    return new int[Math.toIntExact(index.size())];
  }

  /**
   * Copies the places of a minibatch's patches into a compiled network.
   *
   * @param keepIds visible patches {@code [B, K]}
   * @param restore inverse permutation {@code [B, L]}
   */
  void write(Program program, int[] keepIds, int[] restore) {
    if (rowsAndCls == null) {
      allocate();
    }
    int keep = visibleAndCls.width() - 1;
    for (int i = 0; i < rowsAndCls.length / (keep + 1) * keep; i++) {
      rowsAndCls[i + i / keep + 1] = 1 + keepIds[i];
    }
    program.write(visibleAndCls, rowsAndCls);
    if (restoreIds != null) {
      program.write(restoreIds, restore);
    }
    if (hiddenIds != null) {
      writeHidden(program, restore, keep);
    }
  }

  private void writeHidden(Program program, int[] restore, int keep) {
    int tokens = grid * grid;
    int perImage = tokens - keep;
    // What no rank names stays -1, which the engine refuses.
    Arrays.fill(hidden, -1);
    for (int i = 0; i < hidden.length / perImage * tokens; i++) {
      int rank = restore[i] - keep;
      if (rank >= 0 && rank < perImage) {
        hidden[i / tokens * perImage + rank] = i % tokens;
      }
    }
    program.write(hiddenIds, hidden);
    for (int k = 0; k < cells.length; k++) {
      int scale = rows.get(k).scale;
      int at = 0;
      for (int i = 0; i < hidden.length; i++) {
        int b = i / perImage;
        int top = hidden[i] / grid * scale;
        int left = hidden[i] % grid * scale;
        for (int cell = 0; cell < scale * scale; cell++) {
          int row = top + cell / scale;
          cells[k][at++] = (b * grid * scale + row) * grid * scale + left + cell % scale;
        }
      }
      program.write(rows.get(k).index, cells[k]);
    }
  }
}
