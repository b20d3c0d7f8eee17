package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;

/**
 * A kernel and its grid.
 *
 * @param arguments as the kernel declares them: an {@link Address} for each pointer, an Integer,
 *     Long or Float for each {@code int}, {@code Index} or {@code float}
 */
record Launch(String kernel, int gridX, int gridY, int blockX, int blockY, List<Object> arguments)
    implements Task {
  /** Lanes of a warp; {@code LANES} of common.cu. */
  static final int LANES = 32;

  /** Warps of a block that has a warp for each row; {@code WARPS} of common.cu. */
  static final int WARPS = 8;

  private static final int THREADS = LANES * WARPS;

  /** Enough blocks to fill any device; kernels stride over the rest. */
  private static final long MOST_BLOCKS = 4096;

  Launch {
    arguments = List.copyOf(arguments);
  }

  /** A thread for each element; the count is the last argument. */
  static Launch elements(String kernel, long count, Object... arguments) {
    int grid = (int) Math.min(MOST_BLOCKS, ceiling(count, THREADS));
    return new Launch(kernel, grid, 1, THREADS, 1, with(arguments, count));
  }

  /** A warp for each row; rows and width are the last arguments. */
  static Launch rows(String kernel, long rows, int width, Object... arguments) {
    int grid = Math.toIntExact(ceiling(rows, WARPS));
    return new Launch(kernel, grid, 1, LANES, WARPS, with(arguments, rows, width));
  }

  /** A lane for each column, blocks for chunks of rows. */
  static Launch columns(String kernel, long width, int chunks, Object... arguments) {
    return blocks(kernel, Math.toIntExact(ceiling(width, LANES)), chunks, arguments);
  }

  /** Blocks of {@link #WARPS} warps. */
  static Launch blocks(String kernel, int gridX, int gridY, Object... arguments) {
    return new Launch(kernel, gridX, gridY, LANES, WARPS, List.of(arguments));
  }

  /** A block of one dimension for each tile. */
  static Launch tiles(String kernel, int tiles, Object... arguments) {
    return new Launch(kernel, tiles, 1, THREADS, 1, List.of(arguments));
  }

  static long ceiling(long count, long divisor) {
    return (count + divisor - 1) / divisor;
  }

  private static List<Object> with(Object[] arguments, Object... last) {
    List<Object> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of(last));
    return all;
  }
}
