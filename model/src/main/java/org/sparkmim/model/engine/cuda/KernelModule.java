package org.sparkmim.model.engine.cuda;

import static org.bytedeco.cuda.global.cudart.*;
import static org.bytedeco.cuda.global.nvrtc.*;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** Kernels compiled for one architecture, and loaded. Made and used with the context current. */
final class KernelModule {
  private record Key(String source, String architecture) {}

  /** A process compiles its kernels once. */
  private static final Map<Key, byte[]> COMPILED = new HashMap<>();

  private final CUmod_st module = new CUmod_st();
  private final Map<String, CUfunc_st> functions = new HashMap<>();

  KernelModule(String source, String architecture) {
    byte[] binary;
    synchronized (COMPILED) {
      binary =
          COMPILED.computeIfAbsent(
              new Key(source, architecture), key -> compile(source, architecture));
    }
    try (BytePointer image = new BytePointer(binary)) {
      CudaDevice.check(cuModuleLoadData(module, image), "load the kernels");
    }
  }

  /** Looks the kernel up and lays its arguments out. */
  Device.Work prepare(Launch launch, CUstream_st stream) {
    CUfunc_st function = functions.computeIfAbsent(launch.kernel(), this::find);
    int count = launch.arguments().size();
    BytePointer numbers = new BytePointer((long) count * Long.BYTES);
    PointerPointer<Pointer> places = new PointerPointer<>(count);
    for (int i = 0; i < count; i++) {
      numbers.putLong(i * (long) Long.BYTES, Arguments.bits(launch.arguments().get(i)));
      places.put(i, new BytePointer((Pointer) numbers.getPointer(i * (long) Long.BYTES)));
    }
    return new Prepared(function, launch, numbers, places, stream);
  }

  /** Keeps the memory of the arguments, to which {@code places} points, from being collected. */
  private record Prepared(
      CUfunc_st function,
      Launch launch,
      BytePointer numbers,
      PointerPointer<Pointer> places,
      CUstream_st stream)
      implements Device.Work {
    @Override
    public void enqueue() {
      CudaDevice.check(
          cuLaunchKernel(
              function,
              launch.gridX(),
              launch.gridY(),
              1,
              launch.blockX(),
              launch.blockY(),
              1,
              0,
              stream,
              places,
              null),
          "launch a kernel");
    }
  }

  void close() {
    cuModuleUnload(module);
  }

  private CUfunc_st find(String kernel) {
    CUfunc_st function = new CUfunc_st();
    CudaDevice.check(cuModuleGetFunction(function, module, kernel), "find the kernel " + kernel);
    return function;
  }

  /** To machine code, which any driver of that toolkit's generation takes. */
  private static byte[] compile(String source, String architecture) {
    _nvrtcProgram program = new _nvrtcProgram();
    try (BytePointer text = new BytePointer(source, StandardCharsets.UTF_8);
        BytePointer name = new BytePointer("kernels.cu");
        BytePointer target = new BytePointer("--gpu-architecture=" + architecture);
        BytePointer standard = new BytePointer("--std=c++17");
        PointerPointer<BytePointer> options = new PointerPointer<>(target, standard);
        SizeTPointer size = new SizeTPointer(1)) {
      checkCompiler(
          nvrtcCreateProgram(program, text, name, 0, (PointerPointer<?>) null, null),
          "read the kernels");
      try {
        int code = nvrtcCompileProgram(program, 2, options);
        if (code == NVRTC_ERROR_INVALID_OPTION) {
          throw Refusals.toolkitTooOld(architecture);
        }
        if (code != NVRTC_SUCCESS) {
          throw Refusals.failed("compile the kernels for " + architecture, log(program));
        }
        checkCompiler(nvrtcGetCUBINSize(program, size), "measure the kernels");
        byte[] binary = new byte[Math.toIntExact(size.get())];
        checkCompiler(nvrtcGetCUBIN(program, binary), "fetch the kernels");
        return binary;
      } finally {
        nvrtcDestroyProgram(program);
      }
    }
  }

  private static String log(_nvrtcProgram program) {
    try (SizeTPointer size = new SizeTPointer(1)) {
      nvrtcGetProgramLogSize(program, size);
      byte[] log = new byte[Math.toIntExact(size.get())];
      nvrtcGetProgramLog(program, log);
      return new String(log, StandardCharsets.UTF_8).strip();
    }
  }

  private static void checkCompiler(int code, String doing) {
    if (code != NVRTC_SUCCESS) {
      throw Refusals.failed(doing, nvrtcGetErrorString(code).getString());
    }
  }
}
