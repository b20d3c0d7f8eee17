package org.sparkmim.model.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.ModelException;

class SwinIndicesTest {
  /**
   * Windows by their borders, which lie at shift, shift + w, ..: not by the formula of the code.
   */
  @Property(tries = 60)
  void tokensSeeEachOtherWithinBordersOnly(
      @ForAll @IntRange(min = 2, max = 7) int across,
      @ForAll @IntRange(min = 2, max = 9) int window,
      @ForAll @IntRange(min = 1, max = 4) int stages,
      @ForAll long seed) {
    SwinShape shape =
        SwinShape.of(8, Collections.nCopies(stages, 2), Collections.nCopies(stages, 1), window);
    SwinGrid grid = new SwinGrid(shape, across * shape.unit());
    int[] visible = visible(grid, seed);
    SwinIndices indices = new SwinIndices(grid, visible.length);
    indices.update(visible(grid, visible.length, seed + 1));
    indices.update(visible);
    for (int stage = 0; stage < stages; stage++) {
      List<WindowGroups> ofStage = indices.windows(stage);
      assertThat(ofStage).hasSize(grid.side(stage) > window ? 2 : 1);
      for (int i = 0; i < ofStage.size(); i++) {
        check(grid, stage, grid.shift(stage, i), visible, ofStage.get(i));
      }
    }
  }

  private static void check(
      SwinGrid grid, int stage, int shift, int[] visible, WindowGroups groups) {
    int tokens = visible.length * grid.unitTokens(stage);
    int[] slots = groups.slots();
    List<Integer> held = new ArrayList<>();
    for (int slot : slots) {
      if (slot < tokens) {
        held.add(slot);
      }
    }
    assertThat(held).as("every token has one slot").hasSize(tokens).doesNotHaveDuplicates();
    int allowed = 0;
    int capacity = groups.capacity();
    for (int i = 0; i < slots.length; i++) {
      for (int j = 0; j < capacity; j++) {
        int pair = groups.pairs()[i * capacity + j];
        int key = slots[i / capacity * capacity + j];
        if (pair < grid.tableRows(stage)) {
          allowed++;
          int[] from = place(grid, stage, visible, key);
          int[] to = place(grid, stage, visible, slots[i]);
          int side = 2 * grid.window(stage) - 1;
          assertThat(to[0] - from[0]).isEqualTo(pair / side - grid.window(stage) + 1);
          assertThat(to[1] - from[1]).isEqualTo(pair % side - grid.window(stage) + 1);
        }
      }
    }
    int expected = 0;
    for (int i = 0; i < tokens; i++) {
      for (int j = 0; j < tokens; j++) {
        int[] a = place(grid, stage, visible, i);
        int[] b = place(grid, stage, visible, j);
        boolean together =
            !apart(a[0], b[0], shift, grid.window(stage))
                && !apart(a[1], b[1], shift, grid.window(stage));
        expected += together ? 1 : 0;
      }
    }
    assertThat(allowed).as("pairs that may see each other").isEqualTo(expected);
  }

  private static boolean apart(int a, int b, int shift, int window) {
    for (int border = shift; border <= Math.max(a, b); border += window) {
      if (Math.min(a, b) < border && border <= Math.max(a, b)) {
        return true;
      }
    }
    return false;
  }

  private static int[] place(SwinGrid grid, int stage, int[] visible, int token) {
    int side = grid.unitSide(stage);
    int unit = visible[token / (side * side)];
    int within = token % (side * side);
    return new int[] {
      unit / grid.unitsAcross() * side + within / side,
      unit % grid.unitsAcross() * side + within % side
    };
  }

  @Test
  void windowsOfAWholePictureNeedNoMoreGroupsThanTheyFill() {
    SwinGrid grid = new SwinGrid(SwinArch.SWIN_BASE.shape(), 224);
    SwinIndices indices = new SwinIndices(grid, 49);
    assertThat(indices.windows(0).get(0).groups()).isEqualTo(64);
    assertThat(indices.windows(1).get(0).groups()).isEqualTo(16);
    assertThat(indices.windows(2).get(0).groups()).isEqualTo(4);
    assertThat(indices.windows(3)).hasSize(1);
    assertThat(indices.windows(3).get(0).groups()).isEqualTo(1);
  }

  @Test
  void restoreIdsCountVisibleUnitsFirst() {
    SwinGrid grid = new SwinGrid(SwinShape.of(8, List.of(1, 1), List.of(1, 1), 7), 16);
    SwinIndices indices = new SwinIndices(grid, 2);
    indices.update(new int[] {1, 2});
    assertThat(indices.restoreIds(0)).containsExactly(2, 0, 1, 3);
    assertThat(indices.restoreIds(1)).containsExactly(2, 0, 1, 3);
    SwinGrid fine = new SwinGrid(SwinShape.of(8, List.of(1, 1, 1), List.of(1, 1, 1), 7), 32);
    SwinIndices finer = new SwinIndices(fine, 1);
    finer.update(new int[] {3});
    assertThat(finer.restoreIds(0))
        .containsExactly(4, 5, 8, 9, 6, 7, 10, 11, 12, 13, 0, 1, 14, 15, 2, 3);
  }

  @Test
  void publishedCoordinatesReadNumbersByUnitAsNumbersByRow() {
    SwinShape shape = SwinShape.of(8, List.of(2, 2, 2), List.of(1, 1, 1), 7);
    SwinGrid grid = new SwinGrid(shape.with(SwinShape.Coordinates.PUBLISHED), 32);
    SwinIndices indices = new SwinIndices(grid, 1);
    indices.update(new int[] {1});
    assertThat(indices.windows(0).get(0).coordinates()[1]).startsWith(4, 5, 6, 7, 4);
    assertThat(indices.windows(1).get(0).coordinates())
        .isDeepEqualTo(new int[][] {{1, 1, 1, 1}, {0, 1, 2, 3}});
  }

  @Test
  void aMinibatchWhoseImagesHideDifferentPatchesIsRefused() {
    SwinGrid grid = new SwinGrid(SwinShape.of(8, List.of(1, 1), List.of(1, 1), 7), 16);
    SwinIndices indices = new SwinIndices(grid, 1);
    int[] unit = {2, 3, 6, 7};
    int[] other = {0, 1, 4, 5};
    indices.updateFromPatches(join(unit, unit));
    assertThat(indices.restoreIds(1)).containsExactly(1, 0, 2, 3);
    for (int[] second : List.of(other, new int[] {2, 3, 7, 6}, new int[] {2, 3, 6, 10})) {
      assertThatThrownBy(() -> indices.updateFromPatches(join(unit, second)))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("image 1")
          .hasMessageContaining("units of 8 pixels");
    }
  }

  private static int[] join(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private static int[] visible(SwinGrid grid, long seed) {
    return visible(grid, 1 + new Random(seed).nextInt(grid.units()), seed);
  }

  private static int[] visible(SwinGrid grid, int count, long seed) {
    List<Integer> units = new ArrayList<>();
    for (int unit = 0; unit < grid.units(); unit++) {
      units.add(unit);
    }
    Collections.shuffle(units, new Random(seed));
    return units.subList(0, count).stream().sorted().mapToInt(Integer::intValue).toArray();
  }
}
