package org.sparkmim.model.engine.cuda;

import static org.bytedeco.cuda.global.cudart.*;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** A GPU by way of the driver: one context that the process shares, one stream of our own. */
final class CudaDevice implements Device {
  private final Gpu gpu;
  private final CUctx_st context = new CUctx_st();
  private final CUstream_st stream = new CUstream_st();
  private final Deque<Runnable> cleanup = new ArrayDeque<>();
  private final KernelModule kernels;
  private final Products products;
  private long synchronisations;

  /**
   * @param activation type of activations, which kernels are compiled for
   * @throws org.sparkmim.model.ModelException where that GPU cannot be used
   * @throws LinkageError where preset or libraries are missing
   */
  static CudaDevice open(int ordinal, Type activation) {
    return new CudaDevice(require(ordinal), activation);
  }

  /**
   * What the driver says of a GPU that can be used.
   *
   * @throws org.sparkmim.model.ModelException where it cannot
   * @throws LinkageError where preset or libraries are missing
   */
  static Gpu require(int ordinal) {
    check(cuInit(0), "start");
    int[] number = new int[1];
    check(cuDriverGetVersion(number), "ask for the driver's version");
    int driver = number[0];
    check(cudaRuntimeGetVersion(number), "ask for the runtime's version");
    int runtime = number[0];
    check(cuDeviceGetCount(number), "count devices");
    Gpu.checkDriver(driver, runtime, number[0], ordinal);
    return describe(ordinal).check();
  }

  private static Gpu describe(int ordinal) {
    int[] device = new int[1];
    check(cuDeviceGet(device, ordinal), "find device " + ordinal);
    byte[] name = new byte[256];
    check(cuDeviceGetName(name, name.length, device[0]), "ask for a device's name");
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    return new Gpu(
        ordinal,
        new String(name, 0, length, StandardCharsets.UTF_8),
        attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device[0]),
        attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device[0]));
  }

  private static int attribute(int which, int device) {
    int[] number = new int[1];
    check(cuDeviceGetAttribute(number, which, device), "ask for a device's architecture");
    return number[0];
  }

  private CudaDevice(Gpu gpu, Type activation) {
    this.gpu = gpu;
    try {
      int[] device = new int[1];
      check(cuDeviceGet(device, gpu.ordinal()), "find device " + gpu.ordinal());
      checkMemory(cuDevicePrimaryCtxRetain(context, device[0]), 0, "open the device");
      cleanup.push(() -> cuDevicePrimaryCtxRelease(device[0]));
      use();
      checkMemory(cuStreamCreate(stream, CU_STREAM_NON_BLOCKING), 0, "make a stream");
      cleanup.push(() -> cuStreamDestroy(stream));
      kernels = new KernelModule(KernelSource.text(activation), gpu.architecture());
      cleanup.push(kernels::close);
      products = new Products(activation, new DevicePointer(allocate(Products.WORKSPACE_BYTES)));
      cleanup.push(products::close);
    } catch (RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  @Override
  public long allocate(long bytes) {
    use();
    long[] address = new long[1];
    checkMemory(cuMemAlloc(address, bytes), bytes, "allocate memory");
    cleanup.push(() -> cuMemFree(address[0]));
    return address[0];
  }

  @Override
  public Pointer hostMemory(long bytes) {
    use();
    Pointer memory = new Pointer();
    check(cuMemAllocHost(memory, bytes), "lock %d bytes of host memory".formatted(bytes));
    cleanup.push(() -> cuMemFreeHost(memory));
    return memory;
  }

  @Override
  public void upload(long to, Pointer from, long bytes) {
    use();
    check(cuMemcpyHtoDAsync(to, from, bytes, stream), "copy to the device");
  }

  @Override
  public void download(Pointer to, long from, long bytes) {
    use();
    check(cuMemcpyDtoHAsync(to, from, bytes, stream), "copy from the device");
  }

  @Override
  public Work prepare(Task task) {
    use();
    Work work = preparedFor(task);
    return () -> {
      use();
      work.enqueue();
    };
  }

  private Work preparedFor(Task task) {
    if (task instanceof Launch launch) {
      return kernels.prepare(launch, stream);
    } else if (task instanceof Product product) {
      return products.prepare(product, stream);
    }
    Clear clear = (Clear) task;
    long at = clear.at().value();
    return () -> check(cuMemsetD8Async(at, (byte) 0, clear.bytes(), stream), "clear memory");
  }

  @Override
  public Work capture(List<Work> works) {
    use();
    CUgraph_st graph = new CUgraph_st();
    check(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL), "begin a capture");
    try {
      works.forEach(Work::enqueue);
    } catch (RuntimeException | Error failure) {
      cuStreamEndCapture(stream, graph);
      throw failure;
    }
    check(cuStreamEndCapture(stream, graph), "end a capture");
    CUgraphExec_st whole = new CUgraphExec_st();
    try {
      checkMemory(cuGraphInstantiate(whole, graph, 0), 0, "instantiate a graph");
    } finally {
      cuGraphDestroy(graph);
    }
    cleanup.push(() -> cuGraphExecDestroy(whole));
    return () -> {
      use();
      check(cuGraphLaunch(whole, stream), "launch a graph");
    };
  }

  @Override
  public void synchronise() {
    use();
    check(cuStreamSynchronize(stream), "finish what was asked for");
    synchronisations++;
  }

  @Override
  public long synchronisations() {
    return synchronisations;
  }

  @Override
  public void close() {
    if (!cleanup.isEmpty()) {
      cuCtxSetCurrent(context);
      cuStreamSynchronize(stream);
    }
    while (!cleanup.isEmpty()) {
      cleanup.pop().run();
    }
  }

  /** The driver keeps a current context for each thread; programs may move between them. */
  private void use() {
    check(cuCtxSetCurrent(context), "use the device");
  }

  private void checkMemory(int code, long asked, String doing) {
    if (code == CUDA_ERROR_OUT_OF_MEMORY) {
      try (SizeTPointer free = new SizeTPointer(1);
          SizeTPointer total = new SizeTPointer(1)) {
        free.put(0, 0);
        total.put(0, 0);
        cuMemGetInfo(free, total);
        throw Refusals.outOfMemory(gpu.name(), asked, free.get(), total.get());
      }
    }
    check(code, doing);
  }

  static void check(int code, String doing) {
    if (code == CUDA_ERROR_NO_DEVICE) {
      throw Refusals.noDevice();
    }
    if (code != CUDA_SUCCESS) {
      throw Refusals.failed(doing, nameOf(code) + " (" + code + ")");
    }
  }

  private static String nameOf(int code) {
    try (PointerPointer<BytePointer> name = new PointerPointer<>(1)) {
      int known = cuGetErrorName(code, name);
      return known == CUDA_SUCCESS ? name.get(BytePointer.class, 0).getString() : "error";
    }
  }
}
