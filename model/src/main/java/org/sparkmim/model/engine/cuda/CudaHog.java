package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.engine.HogTargets;

/** {@link HogTargets} by one kernel a head, in the queue before the pass that reads them. */
final class CudaHog implements HogTargets {
  private final HostBuffer images;
  private final long imagesAt;
  private final Track kernels;

  CudaHog(Device device, Buffers buffers, int imageSize, List<Tap> taps) {
    int batch = taps.get(0).target().extent(0);
    int bytes = Math.multiplyExact(batch * 3, imageSize * imageSize);
    images = new HostBuffer(device, bytes);
    Region pixels = new Region();
    pixels.reserve(bytes);
    pixels.bind(device.allocate(pixels.bytes()));
    imagesAt = pixels.base();
    Constants tables = new Constants();
    List<Task> tasks = new ArrayList<>();
    for (Tap tap : taps) {
      Address directions = tables.indices(tap.directions());
      tasks.add(launch(tap, imageSize, pixels.start(), directions, buffers.floats(tap.target())));
    }
    tables.region().bind(device.allocate(tables.region().bytes()));
    tables.write(device);
    kernels = new Track(device, tasks);
  }

  private static Launch launch(
      Tap tap, int imageSize, Address images, Address directions, Address out) {
    int lanes = lanes(tap.cellSize());
    long histograms = tap.target().size() / tap.bins();
    long warps = Launch.ceiling(histograms * lanes, Launch.LANES);
    return Launch.blocks(
        "hog_cells",
        Math.toIntExact(Launch.ceiling(warps, Launch.WARPS)),
        1,
        images,
        directions,
        out,
        imageSize,
        tap.cellSize(),
        tap.bins(),
        lanes,
        histograms);
  }

  /** Lanes that share a cell: one a column, but a power of two, so that warps hold whole cells. */
  private static int lanes(int cellSize) {
    return Integer.highestOneBit(Math.min(Launch.LANES, cellSize));
  }

  @Override
  public void write(byte[] numbers) {
    images.free().put(numbers, 0, images.size());
    images.upload(imagesAt);
    kernels.run();
  }
}
