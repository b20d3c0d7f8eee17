// A driver without a device: NVIDIA's own header, functions that the engine calls, kernels compiled
// for the CPU. Nothing runs before somebody synchronises, as late as a device may be; memory is
// counted, and what is left when the context goes is reported.
//
// FAKE_DEVICES, FAKE_DRIVER, FAKE_MAJOR, FAKE_MEMORY: what the driver says and has.

#include "queue.h"

#include <cuda.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

typedef std::vector<std::function<void()>> Works;

struct Stream {
  Works queue;
  Works* captured = nullptr;
};

static std::recursive_mutex mutex;
static std::map<char*, size_t> host_memory, device_memory;
static long objects, retained;
static int context;
static thread_local CUcontext current;

static long setting(const char* name, long otherwise) {
  const char* text = getenv(name);
  return text ? atol(text) : otherwise;
}

static size_t in_use() {
  size_t sum = 0;
  for (auto& block : device_memory) {
    sum += block.second;
  }
  return sum;
}

/** Whether all of it lies in one block. */
static bool within(std::map<char*, size_t>& blocks, const void* at, size_t bytes) {
  auto next = blocks.upper_bound((char*)at);
  if (next == blocks.begin()) {
    return false;
  }
  --next;
  return (char*)at + bytes <= next->first + next->second;
}

static void run(CUstream stream) {
  Works works;
  works.swap(((Stream*)stream)->queue);
  for (auto& work : works) {
    work();
  }
}

void fake_enqueue(void* at, std::function<void()> work) {
  std::lock_guard<std::recursive_mutex> lock(mutex);
  Stream* stream = (Stream*)at;
  (stream->captured ? *stream->captured : stream->queue).push_back(work);
}

#define LOCK std::lock_guard<std::recursive_mutex> lock(mutex)
#define NEED_CONTEXT \
  LOCK;              \
  if (!current) return CUDA_ERROR_INVALID_CONTEXT
#define NEED(condition) \
  if (!(condition)) return CUDA_ERROR_INVALID_VALUE

extern "C" {

CUresult cuInit(unsigned flags) { return flags ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS; }

CUresult cuDriverGetVersion(int* version) {
  *version = (int)setting("FAKE_DRIVER", MAJOR * 1000);
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int* count) {
  *count = (int)setting("FAKE_DEVICES", 1);
  return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  *device = 40 + ordinal;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char* name, int length, CUdevice) {
  snprintf(name, length, "Fake H100");
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute which, CUdevice device) {
  NEED(device >= 40);
  *value = which == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? (int)setting("FAKE_MAJOR", 9) : 0;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* result, CUdevice device) {
  LOCK;
  NEED(device >= 40);
  *result = (CUcontext)&context;
  retained++;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease(CUdevice device) {
  LOCK;
  NEED(device >= 40);
  if (--retained) {
    return CUDA_SUCCESS;
  }
  if (objects || !host_memory.empty() || !device_memory.empty()) {
    fprintf(stderr, "fake: %ld objects and %zu blocks are left\n", objects,
        host_memory.size() + device_memory.size());
  }
  return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext other) {
  current = other;
  return CUDA_SUCCESS;
}

CUresult cuMemGetInfo(size_t* free, size_t* total) {
  LOCK;
  *total = setting("FAKE_MEMORY", 1L << 32);
  *free = *total - in_use();
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc(CUdeviceptr* at, size_t bytes) {
  NEED_CONTEXT;
  NEED(bytes > 0);
  if (in_use() + bytes > (size_t)setting("FAKE_MEMORY", 1L << 32)) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  char* block = (char*)aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset(block, 0xff, bytes);
  device_memory[block] = bytes;
  *at = (CUdeviceptr)block;
  return CUDA_SUCCESS;
}

CUresult cuMemFree(CUdeviceptr at) {
  NEED_CONTEXT;
  NEED(device_memory.erase((char*)at));
  free((void*)at);
  return CUDA_SUCCESS;
}

CUresult cuMemAllocHost(void** at, size_t bytes) {
  NEED_CONTEXT;
  *at = malloc(bytes);
  host_memory[(char*)*at] = bytes;
  return CUDA_SUCCESS;
}

CUresult cuMemFreeHost(void* at) {
  NEED_CONTEXT;
  NEED(host_memory.erase((char*)at));
  free(at);
  return CUDA_SUCCESS;
}

/** Locked memory is read when the device gets to it; other memory at once. */
CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  NEED_CONTEXT;
  NEED(within(device_memory, (void*)to, bytes));
  if (within(host_memory, from, bytes)) {
    fake_enqueue(stream, [=] { memcpy((void*)to, from, bytes); });
  } else {
    std::string copy((const char*)from, bytes);
    fake_enqueue(stream, [=] { memcpy((void*)to, copy.data(), bytes); });
  }
  return CUDA_SUCCESS;
}

CUresult cuMemcpyDtoHAsync(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  NEED_CONTEXT;
  NEED(within(device_memory, (void*)from, bytes));
  fake_enqueue(stream, [=] { memcpy(to, (void*)from, bytes); });
  if (!within(host_memory, to, bytes)) {
    run(stream);
  }
  return CUDA_SUCCESS;
}

CUresult cuMemsetD8Async(CUdeviceptr at, unsigned char value, size_t bytes, CUstream stream) {
  NEED_CONTEXT;
  NEED(within(device_memory, (void*)at, bytes));
  fake_enqueue(stream, [=] { memset((void*)at, value, bytes); });
  return CUDA_SUCCESS;
}

struct Kernel {
  std::string name;
  std::string signature;
  void (*launch)(const char*, int, int, int, int, void**, bool);
};

/** The image names a library for the CPU. */
CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  NEED_CONTEXT;
  void* library = dlopen((const char*)image, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "fake: %s\n", dlerror());
    return CUDA_ERROR_INVALID_IMAGE;
  }
  *module = (CUmodule)library;
  objects++;
  return CUDA_SUCCESS;
}

CUresult cuModuleUnload(CUmodule) {
  NEED_CONTEXT;
  objects--;
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  NEED_CONTEXT;
  const char* (*signature)(const char*);
  Kernel* kernel = new Kernel();
  *(void**)&signature = dlsym((void*)module, "emulated_signature");
  *(void**)&kernel->launch = dlsym((void*)module, "emulated_launch");
  if (!signature(name)) {
    return CUDA_ERROR_NOT_FOUND;
  }
  kernel->name = name;
  kernel->signature = signature(name);
  *function = (CUfunction)kernel;
  return CUDA_SUCCESS;
}

/** Arguments are read now, as the driver does. */
CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
    unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared, CUstream stream,
    void** places, void** extra) {
  NEED_CONTEXT;
  NEED(grid_x && grid_y && grid_y <= 65535 && grid_z == 1 && block_z == 1 && !extra);
  NEED(block_x * block_y <= 1024 && !shared);
  Kernel* kernel = (Kernel*)function;
  std::vector<long long> numbers;
  for (size_t i = 0; i < kernel->signature.size(); i++) {
    long long number = 0;
    char kind = kernel->signature[i];
    memcpy(&number, places[i], kind == 'i' || kind == 'f' ? 4 : 8);
    numbers.push_back(number);
  }
  fake_enqueue(stream, [=]() mutable {
    std::vector<void*> arguments;
    for (long long& number : numbers) {
      arguments.push_back(&number);
    }
    kernel->launch(kernel->name.c_str(), grid_x, grid_y, block_x, block_y, arguments.data(), false);
  });
  return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream* result, unsigned flags) {
  NEED_CONTEXT;
  NEED(flags == CU_STREAM_NON_BLOCKING);
  *result = (CUstream) new Stream();
  objects++;
  return CUDA_SUCCESS;
}

CUresult cuStreamDestroy(CUstream stream) {
  NEED_CONTEXT;
  delete (Stream*)stream;
  objects--;
  return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream stream) {
  NEED_CONTEXT;
  if (((Stream*)stream)->captured) {
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  run(stream);
  return CUDA_SUCCESS;
}

CUresult cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode) {
  NEED_CONTEXT;
  NEED(!((Stream*)stream)->captured);
  ((Stream*)stream)->captured = new Works();
  return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  NEED_CONTEXT;
  NEED(((Stream*)stream)->captured);
  *graph = (CUgraph)((Stream*)stream)->captured;
  ((Stream*)stream)->captured = nullptr;
  objects++;
  return CUDA_SUCCESS;
}

CUresult cuGraphInstantiate(CUgraphExec* result, CUgraph graph, unsigned long long) {
  NEED_CONTEXT;
  fprintf(stderr, "fake: a graph of %zu nodes\n", ((Works*)graph)->size());
  *result = (CUgraphExec) new Works(*(Works*)graph);
  objects++;
  return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph graph) {
  NEED_CONTEXT;
  delete (Works*)graph;
  objects--;
  return CUDA_SUCCESS;
}

CUresult cuGraphExecDestroy(CUgraphExec graph) {
  NEED_CONTEXT;
  delete (Works*)graph;
  objects--;
  return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec graph, CUstream stream) {
  NEED_CONTEXT;
  for (auto& work : *(Works*)graph) {
    fake_enqueue(stream, work);
  }
  return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult error, const char** name) {
  *name = error == CUDA_ERROR_INVALID_VALUE ? "CUDA_ERROR_INVALID_VALUE" : "CUDA_ERROR";
  return CUDA_SUCCESS;
}
}
