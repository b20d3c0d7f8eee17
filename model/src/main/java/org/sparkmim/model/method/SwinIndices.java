package org.sparkmim.model.method;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.Program;

/**
 * Everything in a Swin that depends on which units are visible: windows of the stages, places of
 * the decoders' tokens. A pure function of the mask; allocates nothing after construction.
 */
public final class SwinIndices {
  private final SwinGrid grid;
  private final int[] visible;
  private final int[] rank;
  private final List<List<WindowGroups>> windows = new ArrayList<>();
  private final int[][] restoreIds;

  /**
   * @param visible number of visible units
   */
  public SwinIndices(SwinGrid grid, int visible) {
    this.grid = grid;
    this.visible = new int[visible];
    rank = new int[grid.units()];
    for (int stage = 0; stage < grid.shape().stages(); stage++) {
      List<WindowGroups> ofStage = new ArrayList<>();
      ofStage.add(WindowGroups.of(grid, stage, 0, visible));
      if (grid.shifts(stage) && grid.shape().depths().get(stage) > 1) {
        ofStage.add(WindowGroups.of(grid, stage, grid.shift(stage, 1), visible));
      }
      windows.add(List.copyOf(ofStage));
    }
    restoreIds = new int[grid.shape().stages()][];
    for (int tap = 0; tap < restoreIds.length; tap++) {
      int side = grid.side(grid.tapStage(tap));
      restoreIds[tap] = new int[side * side];
    }
  }

  /** Windows of a stage: as they lie, then shifted, where there are such. */
  public List<WindowGroups> windows(int stage) {
    return windows.get(stage);
  }

  /**
   * For each place of tap k's grid, row by row, its number in the order of tokens: those of visible
   * units, unit by unit, then those of hidden ones.
   */
  public int[] restoreIds(int tap) {
    return restoreIds[tap];
  }

  /** Takes another mask: the visible units, in ascending order. */
  public void update(int[] units) {
    if (units.length < visible.length) {
      throw new IllegalArgumentException(units.length + " units instead of " + visible.length);
    }
    System.arraycopy(units, 0, visible, 0, visible.length);
    changed();
  }

  /** Takes a mask that shows everything. */
  public void updateToAll() {
    Arrays.setAll(visible, unit -> unit);
    changed();
  }

  /**
   * Takes the mask of a minibatch.
   *
   * @param keepIds places of the visible patches on the grid of the first stage, row by row {@code
   *     [B, K]}; units ascending and whole, patches of a unit row by row, alike in all images
   * @throws ModelException of kind INPUT if they are not
   */
  public void updateFromPatches(int[] keepIds) {
    int perUnit = grid.unitTokens(0);
    int keep = visible.length * perUnit;
    int side = grid.side(0);
    int unitSide = grid.unitSide(0);
    for (int i = 0; i < keepIds.length; i++) {
      int at = i % keep;
      int unit = keepIds[i] / side / unitSide * grid.unitsAcross() + keepIds[i] % side / unitSide;
      int within = keepIds[i] / side % unitSide * unitSide + keepIds[i] % unitSide;
      if (i < keep && at % perUnit == 0) {
        visible[at / perUnit] = unit;
      }
      if (unit != visible[at / perUnit] || within != at % perUnit) {
        throw new ModelException(
            ModelException.Kind.INPUT,
            "visible patch %d of image %d is %d: the images of a minibatch must show the same whole units of %d pixels to a Swin. Set model.masking.strategy = units."
                .formatted(at, i / keep, keepIds[i], grid.shape().unit()));
      }
    }
    changed();
  }

  private void changed() {
    for (int i = 0; i < visible.length; i++) {
      if (visible[i] < 0 || visible[i] >= rank.length || i > 0 && visible[i] <= visible[i - 1]) {
        throw new ModelException(
            ModelException.Kind.INPUT,
            "visible unit %d is %d: units must ascend and lie between 0 and %d."
                .formatted(i, visible[i], rank.length - 1));
      }
    }
    for (int stage = 0; stage < windows.size(); stage++) {
      for (int i = 0; i < windows.get(stage).size(); i++) {
        windows.get(stage).get(i).update(visible);
      }
    }
    rankUnits();
    for (int tap = 0; tap < restoreIds.length; tap++) {
      restore(restoreIds[tap], grid.tapStage(tap));
    }
  }

  /** Visible units come first, both kinds in their order. */
  private void rankUnits() {
    int shown = 0;
    for (int unit = 0; unit < rank.length; unit++) {
      boolean seen = shown < visible.length && visible[shown] == unit;
      rank[unit] = seen ? shown : visible.length + unit - shown;
      shown += seen ? 1 : 0;
    }
  }

  private void restore(int[] ids, int stage) {
    int side = grid.side(stage);
    int unitSide = grid.unitSide(stage);
    for (int place = 0; place < ids.length; place++) {
      int row = place / side;
      int column = place % side;
      int unit = row / unitSide * grid.unitsAcross() + column / unitSide;
      int within = row % unitSide * unitSide + column % unitSide;
      ids[place] = rank[unit] * unitSide * unitSide + within;
    }
  }

  /** Copies everything into a compiled network. */
  public void write(Program program, SwinModel.Indices inputs) {
    for (int i = 0; i < inputs.windows().size(); i++) {
      SwinModel.Windows input = inputs.windows().get(i);
      WindowGroups groups = windows.get(input.stage()).get(input.shifted() ? 1 : 0);
      program.write(input.pairs(), groups.pairs());
      if (input.slots() != null) {
        program.write(input.slots(), groups.slots());
      }
    }
    for (int tap = 0; tap < inputs.restoreIds().size(); tap++) {
      program.write(inputs.restoreIds().get(tap), restoreIds[tap]);
    }
  }
}
