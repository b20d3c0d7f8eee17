package org.sparkmim.model.engine.cuda;

import java.util.function.Predicate;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.sparkmim.model.engine.ParameterVectors;

/**
 * The trained state in device memory, and which side has the newer numbers: the host's go over
 * before a pass reads them, the device's come back when somebody asks for them.
 */
final class DeviceState implements ParameterVectors.Mirror {
  /** One vector, here and there. */
  private static final class Vector {
    private final FloatPointer host;
    private final Region region;
    private boolean newerOnHost;
    private boolean newerOnDevice;

    Vector(FloatPointer host, Region region) {
      this.host = host;
      this.region = region;
    }
  }

  private final Device device;
  private final ParameterVectors state;
  private final StateLayout layout;
  private final boolean training;
  private final Vector parameters;
  private final Vector gradients;
  private final Vector firstMoment;
  private final Vector secondMoment;
  private final Device.Work refreshCopies;

  DeviceState(Device device, ParameterVectors state, Buffers buffers) {
    this.device = device;
    this.state = state;
    layout = buffers.layout();
    training = buffers.training();
    if (layout.hostSize() != state.size()) {
      throw new IllegalArgumentException(
          "the graph has %d parameters, the state %d".formatted(layout.hostSize(), state.size()));
    }
    parameters = new Vector(state.parameters(), buffers.parameters());
    gradients = new Vector(state.gradients(), buffers.gradients());
    firstMoment = new Vector(state.firstMoment(), buffers.firstMoment());
    secondMoment = new Vector(state.secondMoment(), buffers.secondMoment());
    refreshCopies =
        buffers.copies().bytes() == 0 || layout.size() == 0
            ? () -> {}
            : device.prepare(
                Launch.elements(
                    "narrow",
                    layout.size(),
                    buffers.parameters().start(),
                    buffers.copies().start()));
  }

  /** Parameters are about to be read. */
  void beforeForward() {
    noteChanges();
    if (upload(parameters, false)) {
      refreshCopies.enqueue();
      device.synchronise();
    }
  }

  /** The device's gradients are new, whatever the host had written into its own. */
  void afterBackward() {
    gradients.newerOnHost = false;
    gradients.newerOnDevice = true;
    state.changedIn(this);
  }

  /** Everything is about to be read. */
  void beforeUpdate() {
    noteChanges();
    boolean uploaded = upload(parameters, false);
    uploaded |= upload(gradients, true);
    uploaded |= upload(firstMoment, false);
    uploaded |= upload(secondMoment, false);
    if (uploaded) {
      device.synchronise();
    }
  }

  void afterUpdate() {
    parameters.newerOnDevice = true;
    firstMoment.newerOnDevice = true;
    secondMoment.newerOnDevice = true;
    state.changedIn(this);
  }

  @Override
  public void fetch(ParameterVectors to) {
    download(parameters, entry -> true);
    if (training) {
      download(gradients, StateLayout.Entry::trained);
      download(firstMoment, entry -> true);
      download(secondMoment, entry -> true);
    }
    device.synchronise();
  }

  /** Leaves the newest numbers with the host. */
  void close() {
    if (parameters.newerOnDevice || gradients.newerOnDevice) {
      // Whoever asks makes the mirror bring them; closed vectors have forgotten it.
      state.parameters();
    }
  }

  private void noteChanges() {
    if (state.takeChanges()) {
      parameters.newerOnHost = true;
      gradients.newerOnHost = training;
      firstMoment.newerOnHost = training;
      secondMoment.newerOnHost = training;
    }
  }

  /** Returns whether there was anything to copy. */
  private boolean upload(Vector vector, boolean onlyTrained) {
    if (!vector.newerOnHost) {
      return false;
    }
    for (StateLayout.Entry entry : layout.entries()) {
      if (entry.trained() || !onlyTrained) {
        device.upload(at(vector, entry), host(vector, entry), bytes(entry));
      }
    }
    vector.newerOnHost = false;
    return true;
  }

  private void download(Vector vector, Predicate<StateLayout.Entry> which) {
    if (vector.newerOnDevice) {
      layout.entries().stream()
          .filter(which)
          .forEach(entry -> device.download(host(vector, entry), at(vector, entry), bytes(entry)));
      vector.newerOnDevice = false;
    }
  }

  private static long at(Vector vector, StateLayout.Entry entry) {
    return vector.region.base() + Type.F32.bytes(entry.place());
  }

  private static Pointer host(Vector vector, StateLayout.Entry entry) {
    return new BytePointer((Pointer) vector.host.getPointer(entry.first()));
  }

  private static long bytes(StateLayout.Entry entry) {
    return Type.F32.bytes(entry.size());
  }
}
