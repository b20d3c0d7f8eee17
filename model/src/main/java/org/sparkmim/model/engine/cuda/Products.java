package org.sparkmim.model.engine.cuda;

import static org.bytedeco.cuda.global.cublas.*;
import static org.bytedeco.cuda.global.cudart.CUDA_R_16BF;
import static org.bytedeco.cuda.global.cudart.CUDA_R_32F;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.cublas.cublasLtMatmulDescOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulHeuristicResult_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulPreferenceOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatrixLayoutOpaque_t;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.sparkmim.model.engine.cuda.Product.Matrix;

/**
 * Matrix products by cuBLASLt. It counts matrices by columns: a row-major product {@code d = a b}
 * is its {@code d' = b' a'}, so that {@code b} is its first operand, rows are its columns, and a
 * bias runs along its columns as it should.
 */
final class Products {
  /** What NVIDIA recommends for Hopper. */
  static final long WORKSPACE_BYTES = 32L << 20;

  private static final int MOST_ALIGNMENT = 256;

  /** All that the choice of an algorithm depends on. */
  private record Shape(List<Object> facts) {}

  private final cublasLtContext handle = new cublasLtContext();
  private final Pointer workspace;
  private final int compute;
  private final Map<Shape, cublasLtMatmulHeuristicResult_t> algorithms = new HashMap<>();
  private final Deque<Runnable> cleanup = new ArrayDeque<>();

  /**
   * @param activation float32 activations are multiplied in TF32
   */
  Products(Type activation, Pointer workspace) {
    this.workspace = workspace;
    compute = activation == Type.F32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    check(cublasLtCreate(handle), "start cuBLASLt");
    cleanup.push(() -> cublasLtDestroy(handle));
  }

  void close() {
    while (!cleanup.isEmpty()) {
      cleanup.pop().run();
    }
  }

  Device.Work prepare(Product product, CUstream_st stream) {
    Matrix added = product.addend() == null ? product.d() : product.addend();
    cublasLtMatmulDescOpaque_t description = describe(product);
    cublasLtMatrixLayoutOpaque_t first = stored(product.b(), product.k(), product.n(), product);
    cublasLtMatrixLayoutOpaque_t second = stored(product.a(), product.m(), product.k(), product);
    cublasLtMatrixLayoutOpaque_t third = stored(added, product.m(), product.n(), product);
    cublasLtMatrixLayoutOpaque_t result = stored(product.d(), product.m(), product.n(), product);
    cublasLtMatmulHeuristicResult_t algorithm =
        algorithms.computeIfAbsent(
            shapeOf(product, added),
            shape -> choose(product, added, description, first, second, third, result));
    FloatPointer alpha = new FloatPointer(product.alpha());
    FloatPointer beta = new FloatPointer(product.addend() == null ? 0f : 1f);
    Pointer firstAt = pointer(product.b());
    Pointer secondAt = pointer(product.a());
    Pointer thirdAt = pointer(added);
    Pointer resultAt = pointer(product.d());
    return () ->
        check(
            cublasLtMatmul(
                handle,
                description,
                alpha,
                firstAt,
                first,
                secondAt,
                second,
                beta,
                thirdAt,
                third,
                resultAt,
                result,
                algorithm.algo(),
                workspace,
                WORKSPACE_BYTES,
                stream),
            "multiply " + sizes(product));
  }

  private cublasLtMatmulDescOpaque_t describe(Product product) {
    try (PointerPointer<cublasLtMatmulDescOpaque_t> out = new PointerPointer<>(1)) {
      check(cublasLtMatmulDescCreate(out, compute, CUDA_R_32F), "describe a product");
      cublasLtMatmulDescOpaque_t description = out.get(cublasLtMatmulDescOpaque_t.class);
      cleanup.push(() -> cublasLtMatmulDescDestroy(description));
      set(
          description,
          CUBLASLT_MATMUL_DESC_TRANSA,
          product.b().turned() ? CUBLAS_OP_T : CUBLAS_OP_N);
      set(
          description,
          CUBLASLT_MATMUL_DESC_TRANSB,
          product.a().turned() ? CUBLAS_OP_T : CUBLAS_OP_N);
      if (product.bias() != null) {
        set(description, CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
        try (LongPointer bias = cell(product.bias().value())) {
          check(
              cublasLtMatmulDescSetAttribute(
                  description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias, Long.BYTES),
              "describe a bias");
        }
      }
      return description;
    }
  }

  private static void set(cublasLtMatmulDescOpaque_t description, int attribute, int value) {
    try (IntPointer number = cell(value)) {
      check(
          cublasLtMatmulDescSetAttribute(description, attribute, number, Integer.BYTES),
          "describe a product");
    }
  }

  /** A matrix of {@code rows} and {@code columns}, unturned, as it is stored. */
  private cublasLtMatrixLayoutOpaque_t stored(Matrix matrix, int rows, int columns, Product of) {
    int storedColumns = matrix.turned() ? rows : columns;
    int storedRows = matrix.turned() ? columns : rows;
    try (PointerPointer<cublasLtMatrixLayoutOpaque_t> out = new PointerPointer<>(1);
        IntPointer batch = cell(of.batch());
        LongPointer offset = cell(matrix.batchStride())) {
      check(
          cublasLtMatrixLayoutCreate(
              out, typeOf(matrix), storedColumns, storedRows, matrix.stride()),
          "describe a matrix");
      cublasLtMatrixLayoutOpaque_t layout = out.get(cublasLtMatrixLayoutOpaque_t.class);
      cleanup.push(() -> cublasLtMatrixLayoutDestroy(layout));
      check(
          cublasLtMatrixLayoutSetAttribute(
              layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, batch, Integer.BYTES),
          "describe a batch");
      check(
          cublasLtMatrixLayoutSetAttribute(
              layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, offset, Long.BYTES),
          "describe a batch");
      return layout;
    }
  }

  private cublasLtMatmulHeuristicResult_t choose(
      Product product,
      Matrix added,
      cublasLtMatmulDescOpaque_t description,
      cublasLtMatrixLayoutOpaque_t first,
      cublasLtMatrixLayoutOpaque_t second,
      cublasLtMatrixLayoutOpaque_t third,
      cublasLtMatrixLayoutOpaque_t result) {
    try (PointerPointer<cublasLtMatmulPreferenceOpaque_t> out = new PointerPointer<>(1)) {
      check(cublasLtMatmulPreferenceCreate(out), "state a preference");
      cublasLtMatmulPreferenceOpaque_t preference = out.get(cublasLtMatmulPreferenceOpaque_t.class);
      try (LongPointer bytes = cell(WORKSPACE_BYTES)) {
        check(
            cublasLtMatmulPreferenceSetAttribute(
                preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, bytes, Long.BYTES),
            "state a preference");
        prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, product.b());
        prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, product.a());
        prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, added);
        prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, product.d());
        cublasLtMatmulHeuristicResult_t chosen = new cublasLtMatmulHeuristicResult_t();
        int[] found = new int[1];
        check(
            cublasLtMatmulAlgoGetHeuristic(
                handle, description, first, second, third, result, preference, 1, chosen, found),
            "find an algorithm for " + sizes(product));
        if (found[0] == 0) {
          throw Refusals.failed("find an algorithm for " + sizes(product), "cuBLASLt has none");
        }
        return chosen;
      } finally {
        cublasLtMatmulPreferenceDestroy(preference);
      }
    }
  }

  private static void prefer(
      cublasLtMatmulPreferenceOpaque_t preference, int attribute, Matrix matrix) {
    try (IntPointer bytes = cell(alignmentOf(matrix))) {
      check(
          cublasLtMatmulPreferenceSetAttribute(preference, attribute, bytes, Integer.BYTES),
          "state an alignment");
    }
  }

  private static Shape shapeOf(Product product, Matrix added) {
    List<Object> facts =
        new ArrayList<>(
            List.of(
                product.m(),
                product.n(),
                product.k(),
                product.batch(),
                product.bias() != null,
                product.addend() != null));
    for (Matrix matrix : List.of(product.a(), product.b(), added, product.d())) {
      facts.addAll(
          List.of(
              matrix.data().type(),
              matrix.stride(),
              matrix.turned(),
              matrix.batchStride(),
              alignmentOf(matrix)));
    }
    return new Shape(facts);
  }

  /** The largest power of two that divides the address, as far as algorithms care. */
  private static int alignmentOf(Matrix matrix) {
    return (int)
        Math.min(MOST_ALIGNMENT, Long.lowestOneBit(matrix.data().at().value() | MOST_ALIGNMENT));
  }

  /** A pointer's constructor takes a number for its size. */
  private static IntPointer cell(int number) {
    return new IntPointer(1L).put(0, number);
  }

  private static LongPointer cell(long number) {
    return new LongPointer(1L).put(0, number);
  }

  private static Pointer pointer(Matrix matrix) {
    return new DevicePointer(matrix.data().at().value());
  }

  private static int typeOf(Matrix matrix) {
    return matrix.data().type() == Type.BF16 ? CUDA_R_16BF : CUDA_R_32F;
  }

  private static String sizes(Product product) {
    return "%d of [%d, %d] and [%d, %d]"
        .formatted(product.batch(), product.m(), product.k(), product.k(), product.n());
  }

  private static void check(int status, String doing) {
    if (status != CUBLAS_STATUS_SUCCESS) {
      throw Refusals.failed(doing, cublasLtGetStatusName(status).getString());
    }
  }
}
