package org.sparkmim.model.engine.nd4j;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Copies between the host and a whole store. On a GPU ND4J keeps a twin of it on the host: what is
 * written there goes to the device when an operation next reads it.
 */
final class HostAccess {
  private final INDArray array;

  /**
   * @param tensor all that its store holds; the store is allocated
   */
  HostAccess(Tensor tensor) {
    this(tensor.store().memory());
  }

  HostAccess(INDArray array) {
    this.array = array;
  }

  void write(float[] numbers) {
    floats().put(numbers, 0, (int) Math.min(numbers.length, array.length()));
    written();
  }

  void write(int[] numbers) {
    integers().put(numbers, 0, (int) Math.min(numbers.length, array.length()));
    written();
  }

  /** The first elements. */
  void read(float[] numbers, int length) {
    Nd4j.getAffinityManager().ensureLocation(array, Location.HOST);
    floats().get(numbers, 0, length);
  }

  void read(int[] numbers) {
    Nd4j.getAffinityManager().ensureLocation(array, Location.HOST);
    integers().get(numbers, 0, numbers.length);
  }

  /** All elements from elsewhere on the host. */
  void write(FloatPointer from, long length) {
    Pointer.memcpy(floats(), from, length * Float.BYTES);
    written();
  }

  /** Elements {@code [first, end)} to their places in a vector on the host. */
  void read(FloatPointer to, long first, long end) {
    Nd4j.getAffinityManager().ensureLocation(array, Location.HOST);
    Pointer.memcpy(to.getPointer(first), floats().getPointer(first), (end - first) * Float.BYTES);
  }

  private FloatPointer floats() {
    return (FloatPointer) array.data().pointer();
  }

  private IntPointer integers() {
    return (IntPointer) array.data().pointer();
  }

  private void written() {
    Nd4j.getAffinityManager().tagLocation(array, Location.HOST);
  }
}
