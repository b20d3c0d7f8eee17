package org.sparkmim.model.engine.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.sparkmim.model.engine.HogTargets;
import org.sparkmim.model.engine.IndexBounds;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.optim.Updates;

/** A plan on a device: two tracks of tasks, replayed. The host waits only where it reads. */
final class CudaProgram implements Program {
  private final Device device;
  private final Plan plan;
  private final Buffers buffers;
  private final List<Value> losses;
  private final IndexBounds indexBounds;
  private final DeviceState state;
  private final Track forward;
  private final Track backward;
  private final Map<Value, HostBuffer> inputs = new HashMap<>();
  private final Map<Value, Device.Work> narrowing = new HashMap<>();
  private final HostBuffer lossNumbers;
  private final float[] lossesOnHost;
  private boolean lossesRead;

  /** Makes a plan run on a device, which is closed with the program, or if that fails. */
  static CudaProgram on(Device device, Plan plan, ParameterVectors state) {
    try {
      return new CudaProgram(device, plan, state);
    } catch (RuntimeException | Error failure) {
      device.close();
      throw failure;
    }
  }

  private CudaProgram(Device device, Plan plan, ParameterVectors state) {
    this.device = device;
    this.plan = plan;
    Graph graph = plan.graph();
    buffers = plan.buffers();
    losses = graph.losses();
    indexBounds = new IndexBounds(graph);
    long base = device.allocate(plan.bytes());
    for (Region region : plan.regions()) {
      region.bind(base);
      base += region.bytes();
    }
    plan.constants().write(device);
    this.state = new DeviceState(device, state, buffers);
    forward = new Track(device, plan.forward());
    backward = new Track(device, plan.backward());
    lossNumbers = new HostBuffer(device, buffers.losses().bytes());
    lossesOnHost = new float[losses.size()];
    for (Value value : graph.values()) {
      if (value.role() == Value.Role.INPUT || value.role() == Value.Role.INDEX) {
        Data data = buffers.of(value);
        if (data.type() == Type.BF16) {
          narrowing.put(
              value,
              device.prepare(
                  Launch.elements("narrow", value.size(), plan.landing().start(), data.at())));
        }
      }
    }
  }

  @Override
  public void write(Value input, float[] numbers) {
    HostBuffer buffer = buffer(input, Value.Role.INPUT, numbers.length);
    buffer.free().asFloatBuffer().put(numbers, 0, (int) input.size());
    Device.Work narrow = narrowing.get(input);
    if (narrow == null) {
      buffer.upload(buffers.at(input).value());
    } else {
      buffer.upload(plan.landing().base());
      narrow.enqueue();
    }
  }

  @Override
  public void write(Value index, int[] numbers) {
    HostBuffer buffer = buffer(index, Value.Role.INDEX, numbers.length);
    indexBounds.check(index, numbers);
    buffer.free().asIntBuffer().put(numbers, 0, (int) index.size());
    buffer.upload(buffers.at(index).value());
  }

  @Override
  public void forward() {
    state.beforeForward();
    forward.run();
    lossesRead = false;
  }

  @Override
  public void backward() {
    backward.run();
    state.afterBackward();
  }

  @Override
  public Optional<Updates> updates(List<Updates.Range> trained) {
    return Optional.of(new CudaUpdates(device, state, buffers, trained));
  }

  @Override
  public Optional<HogTargets> hogTargets(int imageSize, List<HogTargets.Tap> taps) {
    return Optional.of(new CudaHog(device, buffers, imageSize, taps));
  }

  @Override
  public void read(Value value, float[] destination) {
    if (value.role() == Value.Role.PARAMETER || value.role() == Value.Role.CONSTANT) {
      throw new IllegalArgumentException(value + " is neither input, index nor result");
    }
    if (!plan.schedule().outlivesForward(value)) {
      throw new IllegalStateException(
          value + " has been overwritten; compile an inspectable program to read it");
    }
    if (buffers.storage().logSums().contains(value)) {
      throw new IllegalStateException(
          value
              + " is never written by fused attention; make it an output of the graph to read it");
    }
    Data data = buffers.of(value);
    int stride = buffers.stride(value);
    long size = data.type().bytes((long) value.rows() * stride);
    try (BytePointer numbers = new BytePointer(size)) {
      device.download(numbers, data.at().value(), size);
      device.synchronise();
      ByteBuffer bytes = numbers.asByteBuffer().order(ByteOrder.nativeOrder());
      for (int i = 0; i < value.size(); i++) {
        int at = i / value.width() * stride + i % value.width();
        destination[i] =
            switch (data.type()) {
              case F32 -> bytes.getFloat(at * Float.BYTES);
              case BF16 -> Bf16.number(bytes.getShort(at * Short.BYTES));
              case S32 -> bytes.getInt(at * Integer.BYTES);
            };
      }
    }
  }

  @Override
  public double scalar(Value value) {
    int index = losses.indexOf(value);
    if (index < 0) {
      throw new IllegalArgumentException(value + " is no loss");
    }
    if (!lossesRead) {
      lossNumbers.download(buffers.losses().base()).asFloatBuffer().get(lossesOnHost);
      lossesRead = true;
    }
    return lossesOnHost[index];
  }

  @Override
  public long activationBytes() {
    return buffers.activations().bytes();
  }

  @Override
  public void close() {
    try {
      state.close();
    } finally {
      device.close();
    }
  }

  private HostBuffer buffer(Value value, Value.Role role, int length) {
    value.requireRole(role);
    value.requireLength(length);
    // Made when it is needed: targets that the device makes never come from the host.
    return inputs.computeIfAbsent(value, v -> new HostBuffer(device, Type.F32.bytes(v.size())));
  }
}
