package org.sparkmim.model.dl4j;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Where the numbers of ND4J arrays lie. */
final class Arrays {
  private Arrays() {}

  /** The first element of a contiguous float array, views included. */
  static FloatPointer pointer(INDArray array) {
    if (array.dataType() != DataType.FLOAT) {
      throw new IllegalArgumentException("expected float, got " + array.dataType());
    }
    if (array.elementWiseStride() != 1) {
      throw new IllegalArgumentException(
          "expected contiguous memory: " + array.shapeInfoToString());
    }
    return new FloatPointer(array.data().addressPointer());
  }
}
