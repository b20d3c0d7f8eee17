package org.sparkmim.model.engine.nd4j;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.optim.Updates.Range;

/**
 * Parameters, gradients and moments where ND4J computes. What the host changed comes here before it
 * is read; what changed here goes to the host when somebody asks.
 */
final class DeviceState implements ParameterVectors.Mirror, AutoCloseable {
  private final ParameterVectors host;
  private final List<Range> written;
  private final Store parameters;
  private final Store gradients;
  private final Store firstMoment = new Store(DataType.FLOAT);
  private final Store secondMoment = new Store(DataType.FLOAT);
  private boolean parametersStale;
  private boolean gradientsStale;
  private boolean momentsStale;
  private boolean gradientsNewer;
  private boolean parametersNewer;

  /**
   * @param written ranges of the gradients that the backward pass writes
   */
  DeviceState(ParameterVectors host, Memory memory, List<Range> written) {
    this.host = host;
    this.written = List.copyOf(written);
    parameters = memory.parameters();
    gradients = memory.gradients();
  }

  Store parameters() {
    return parameters;
  }

  Store gradients() {
    return gradients;
  }

  Store firstMoment() {
    return firstMoment;
  }

  Store secondMoment() {
    return secondMoment;
  }

  /** Takes room for the moments, for an optimiser. */
  void allocateMoments() {
    for (Store moment : List.of(firstMoment, secondMoment)) {
      moment.reserve(host.size());
      moment.allocate();
    }
    momentsStale = true;
  }

  /** Before parameters are read. */
  void prepareForward() {
    noticeChanges();
    if (parametersStale && host.size() > 0) {
      upload(host.parameters(), parameters);
      host.takeChanges();
    }
    parametersStale = false;
  }

  /** Before everything is read. */
  void prepareUpdate() {
    prepareForward();
    if (gradientsStale) {
      upload(host.gradients(), gradients);
    }
    if (momentsStale) {
      upload(host.firstMoment(), firstMoment);
      upload(host.secondMoment(), secondMoment);
    }
    if (gradientsStale || momentsStale) {
      host.takeChanges();
    }
    gradientsStale = false;
    momentsStale = false;
  }

  /** The backward pass is over. */
  void wroteGradients() {
    gradientsStale = false;
    gradientsNewer = true;
    host.changedIn(this);
  }

  /** The optimiser is done. */
  void wroteParameters() {
    parametersNewer = true;
    host.changedIn(this);
  }

  @Override
  public void fetch(ParameterVectors to) {
    for (Range range : written) {
      if (gradientsNewer) {
        download(gradients, to.gradients(), range);
      }
      if (parametersNewer) {
        download(parameters, to.parameters(), range);
        download(firstMoment, to.firstMoment(), range);
        download(secondMoment, to.secondMoment(), range);
      }
    }
    gradientsNewer = false;
    parametersNewer = false;
  }

  /** What only the device has goes to the host first, which may live longer. */
  @Override
  public void close() {
    if (gradientsNewer || parametersNewer) {
      fetch(host);
    }
    firstMoment.close();
    secondMoment.close();
  }

  private void noticeChanges() {
    if (host.takeChanges()) {
      parametersStale = true;
      gradientsStale = true;
      momentsStale = true;
    }
  }

  private void upload(FloatPointer from, Store to) {
    new HostAccess(to.memory()).write(from.getPointer(0), host.size());
  }

  private static void download(Store from, FloatPointer to, Range range) {
    new HostAccess(from.memory()).read(to, range.first(), range.end());
  }
}
