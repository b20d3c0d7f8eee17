package org.sparkmim.model.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Team;

/**
 * One pass over all parameters: reads gradient, moments and parameter once, writes moments and
 * parameter once.
 *
 * <p>Numbers go through small heap arrays because the JIT vectorises loops over those; tiles are as
 * large as the second-level cache allows, because memory is read fastest in long stretches.
 */
public final class ParameterUpdate implements Updates {
  private static final int TILE = 8192;
  private static final int RUN = 4;

  private final List<Range> tiles = new ArrayList<>();
  private final OffHeap parameters;
  private final OffHeap gradients;
  private final OffHeap firstMoment;
  private final OffHeap secondMoment;
  private final ThreadLocal<float[][]> scratch = ThreadLocal.withInitial(() -> new float[4][TILE]);
  private final Team team;

  /**
   * @param trained which parameters receive gradients; the others are not touched, not even by
   *     decay
   * @param team who shares the work
   */
  public ParameterUpdate(ParameterVectors state, List<Range> trained, Team team) {
    this.team = team;
    parameters = new OffHeap(state.parameters(), state.size());
    gradients = new OffHeap(state.gradients(), state.size());
    firstMoment = new OffHeap(state.firstMoment(), state.size());
    secondMoment = new OffHeap(state.secondMoment(), state.size());
    for (Range range : trained) {
      for (long at = range.first(); at < range.end(); at += TILE) {
        long end = Math.min(range.end(), at + TILE);
        tiles.add(new Range(at, end, range.decayed(), range.scale()));
      }
    }
  }

  @Override
  public void apply(Optimizer optimizer, double rate, long step) {
    if (optimizer instanceof Optimizer.AdamW adamw) {
      double correction1 = 1 - Math.pow(adamw.beta1(), (double) step);
      double correction2 = 1 - Math.pow(adamw.beta2(), (double) step);
      overTiles(tile -> adamw(tile, adamw, rate * tile.scale(), correction1, correction2));
    } else {
      overTiles(tile -> sgd(tile, rate * tile.scale()));
    }
  }

  /** Runs of tiles, so that each thread reads long stretches of memory. */
  private void overTiles(Consumer<Range> kernel) {
    team.run(
        (tiles.size() + RUN - 1) / RUN,
        run -> {
          int end = Math.min(tiles.size(), (run + 1) * RUN);
          for (int i = run * RUN; i < end; i++) {
            kernel.accept(tiles.get(i));
          }
        });
  }

  private void adamw(
      Range tile, Optimizer.AdamW adamw, double rate, double correction1, double correction2) {
    int length = (int) (tile.end() - tile.first());
    float[][] buffers = scratch.get();
    float[] p = buffers[0];
    float[] g = buffers[1];
    float[] m = buffers[2];
    float[] v = buffers[3];
    parameters.get(tile.first(), p, length);
    gradients.get(tile.first(), g, length);
    firstMoment.get(tile.first(), m, length);
    secondMoment.get(tile.first(), v, length);
    float beta1 = (float) adamw.beta1();
    float rest1 = (float) (1 - adamw.beta1());
    float beta2 = (float) adamw.beta2();
    float rest2 = (float) (1 - adamw.beta2());
    float keep = (float) (1 - rate * (tile.decayed() ? adamw.weightDecay() : 0));
    float stepSize = (float) (rate / correction1);
    float root2 = (float) (1 / Math.sqrt(correction2));
    float eps = (float) adamw.eps();
    for (int i = 0; i < length; i++) {
      float gradient = g[i];
      float mean = beta1 * m[i] + rest1 * gradient;
      float square = beta2 * v[i] + rest2 * gradient * gradient;
      m[i] = mean;
      v[i] = square;
      float deviation = (float) Math.sqrt(square) * root2 + eps;
      p[i] = keep * p[i] - stepSize * mean / deviation;
    }
    parameters.put(tile.first(), p, length);
    firstMoment.put(tile.first(), m, length);
    secondMoment.put(tile.first(), v, length);
  }

  private void sgd(Range tile, double rate) {
    int length = (int) (tile.end() - tile.first());
    float[] p = scratch.get()[0];
    float[] g = scratch.get()[1];
    parameters.get(tile.first(), p, length);
    gradients.get(tile.first(), g, length);
    float stepSize = (float) rate;
    for (int i = 0; i < length; i++) {
      p[i] -= stepSize * g[i];
    }
    parameters.put(tile.first(), p, length);
  }
}
