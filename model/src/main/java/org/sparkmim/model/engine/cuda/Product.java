package org.sparkmim.model.engine.cuda;

/**
 * {@code d = alpha a b (+ addend) (+ bias)} for each of {@code batch} triples of matrices, with
 * {@code a [m, k]}, {@code b [k, n]} and {@code d [m, n]}, all row-major. Products are accumulated
 * in float32.
 *
 * @param addend in type and shape of d; may be d itself, or null
 * @param bias {@code n} numbers in the type of d for each row, or null
 */
record Product(
    int m,
    int n,
    int k,
    int batch,
    Matrix a,
    Matrix b,
    Matrix addend,
    Address bias,
    Matrix d,
    float alpha)
    implements Task {
  /**
   * A matrix, or one for each member of a batch.
   *
   * @param stride elements from a row to the next, as stored
   * @param turned whether rows are stored as columns
   * @param batchStride elements from a matrix of the batch to the next
   */
  record Matrix(Data data, long stride, boolean turned, long batchStride) {
    static Matrix of(Data data, long stride) {
      return new Matrix(data, stride, false, 0);
    }

    /** Rows as columns. */
    Matrix turn() {
      return new Matrix(data, stride, !turned, batchStride);
    }

    Matrix batched(long elements) {
      return new Matrix(data, stride, turned, elements);
    }

    Matrix plus(long elements) {
      return new Matrix(data.plus(elements), stride, turned, batchStride);
    }
  }

  /** {@code d = a b}. */
  static Product of(int m, int n, int k, Matrix a, Matrix b, Matrix d) {
    return new Product(m, n, k, 1, a, b, null, null, d, 1);
  }

  /** {@code d += a b} where {@code add} is set. */
  Product adding(boolean add) {
    return new Product(m, n, k, batch, a, b, add ? d : addend, bias, d, alpha);
  }

  Product plus(Matrix other) {
    return new Product(m, n, k, batch, a, b, other, bias, d, alpha);
  }

  Product plusBias(Address vector) {
    return new Product(m, n, k, batch, a, b, addend, vector, d, alpha);
  }

  Product times(double scale) {
    return new Product(m, n, k, batch, a, b, addend, bias, d, (float) scale);
  }

  Product batch(int count) {
    return new Product(m, n, k, count, a, b, addend, bias, d, alpha);
  }
}
