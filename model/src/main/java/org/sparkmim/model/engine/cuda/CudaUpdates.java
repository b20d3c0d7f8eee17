package org.sparkmim.model.engine.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.ParameterUpdate;
import org.sparkmim.model.optim.Updates;

/** The mathematics of {@link ParameterUpdate}, one block for each tile of the device's vectors. */
final class CudaUpdates implements Updates {
  private static final int TILE = 4096;

  /** {@code struct Tile} and {@code struct Settings} of update.cu. */
  private static final int TILE_BYTES = 24;

  private static final int SETTINGS = 7;

  private final DeviceState state;
  private final HostBuffer settings;
  private final long settingsAt;
  private final Device.Work adamw;
  private final Device.Work sgd;

  CudaUpdates(Device device, DeviceState state, Buffers buffers, List<Range> trained) {
    this.state = state;
    List<Range> tiles = tiles(buffers.layout(), trained);
    Region tilesRegion = new Region();
    tilesRegion.reserve((long) Math.max(1, tiles.size()) * TILE_BYTES);
    tilesRegion.bind(device.allocate(tilesRegion.bytes()));
    write(device, tiles, tilesRegion.base());
    Region settingsRegion = new Region();
    settingsRegion.reserve(SETTINGS * (long) Double.BYTES);
    settingsRegion.bind(device.allocate(settingsRegion.bytes()));
    settingsAt = settingsRegion.base();
    settings = new HostBuffer(device, SETTINGS * (long) Double.BYTES);
    if (tiles.isEmpty()) {
      adamw = () -> {};
      sgd = () -> {};
      return;
    }
    List<Object> common =
        List.of(
            tilesRegion.start(),
            settingsRegion.start(),
            buffers.parameters().start(),
            buffers.copies().start(),
            buffers.gradients().start());
    List<Object> withMoments = new ArrayList<>(common);
    withMoments.add(buffers.firstMoment().start());
    withMoments.add(buffers.secondMoment().start());
    adamw = device.prepare(Launch.tiles("adamw", tiles.size(), withMoments.toArray()));
    sgd = device.prepare(Launch.tiles("sgd", tiles.size(), common.toArray()));
  }

  @Override
  public void apply(Optimizer optimizer, double rate, long step) {
    state.beforeUpdate();
    ByteBuffer to = settings.free().putDouble(rate);
    if (optimizer instanceof Optimizer.AdamW o) {
      to.putDouble(o.beta1()).putDouble(o.beta2()).putDouble(o.eps()).putDouble(o.weightDecay());
      to.putDouble(1 - Math.pow(o.beta1(), (double) step));
      to.putDouble(1 - Math.pow(o.beta2(), (double) step));
      settings.upload(settingsAt);
      adamw.enqueue();
    } else {
      settings.upload(settingsAt);
      sgd.enqueue();
    }
    state.afterUpdate();
  }

  /** Ranges of the host's vectors as tiles of the device's. */
  private static List<Range> tiles(StateLayout layout, List<Range> trained) {
    List<Range> tiles = new ArrayList<>();
    for (Range range : trained) {
      for (StateLayout.Entry entry : layout.entries()) {
        long shift = entry.place() - entry.first();
        long first = Math.max(range.first(), entry.first()) + shift;
        long end = Math.min(range.end(), entry.first() + entry.size()) + shift;
        for (long at = first; at < end; at += TILE) {
          tiles.add(new Range(at, Math.min(end, at + TILE), range.decayed(), range.scale()));
        }
      }
    }
    return tiles;
  }

  private static void write(Device device, List<Range> tiles, long at) {
    if (tiles.isEmpty()) {
      return;
    }
    int bytes = Math.multiplyExact(tiles.size(), TILE_BYTES);
    try (BytePointer table = new BytePointer(bytes)) {
      ByteBuffer to = table.asByteBuffer().order(ByteOrder.nativeOrder());
      for (Range tile : tiles) {
        to.putLong(tile.first())
            .putInt((int) (tile.end() - tile.first()))
            .putInt(tile.decayed() ? 1 : 0)
            .putDouble(tile.scale());
      }
      device.upload(at, table, bytes);
      device.synchronise();
    }
  }
}
