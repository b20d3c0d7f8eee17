// CUDA's language on the CPU, as far as the engine's kernels use it: included before their text.
// Threads of a block are fibers; a barrier hands over to the next. What would hang or be undefined
// on a device (a barrier that some threads never reach, a shuffle without all lanes) aborts.

#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ucontext.h>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __shared__ static

struct Dimensions {
  unsigned x, y, z;
};

static Dimensions threadIdx, blockIdx, blockDim, gridDim;

static inline float __uint_as_float(unsigned bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline unsigned __float_as_uint(float x) {
  unsigned bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

namespace emulator {

const int WARP = 32;
const size_t STACK = 64 << 10;

enum Wait { IDLE, READY, AT_WARP, AT_BLOCK };

struct Fiber {
  jmp_buf state;
  ucontext_t start;
  std::vector<char> stack = std::vector<char>(STACK);
  bool started = false;
  int thread = 0;
  int shuffles = 0;
  Wait wait = IDLE;
};

static std::vector<Fiber*> fibers;
static Fiber* current;
static jmp_buf scheduler;
static const char* kernel_name;
static void (*body)(void**);
static void** arguments;
static int threads, next_thread, finished;
static bool reversed;
static float lanes[2][1024];

static void fail(const char* what) {
  fprintf(stderr, "emulator: %s in %s, block (%u, %u), thread (%u, %u)\n", what, kernel_name,
      blockIdx.x, blockIdx.y, threadIdx.x, threadIdx.y);
  abort();
}

static void be(int thread) {
  threadIdx = {thread % blockDim.x, thread / blockDim.x, 0};
}

/** Threads that meet no barrier share a fiber. */
static void work() {
  while (true) {
    while (next_thread < threads) {
      int t = next_thread++;
      current->thread = reversed ? threads - 1 - t : t;
      current->shuffles = 0;
      be(current->thread);
      body(arguments);
      finished++;
    }
    current->wait = IDLE;
    if (!_setjmp(current->state)) {
      _longjmp(scheduler, 1);
    }
  }
}

static void resume(Fiber* fiber) {
  current = fiber;
  fiber->wait = READY;
  if (_setjmp(scheduler)) {
    return;
  }
  if (fiber->started) {
    _longjmp(fiber->state, 1);
  }
  fiber->started = true;
  getcontext(&fiber->start);
  fiber->start.uc_stack.ss_sp = fiber->stack.data();
  fiber->start.uc_stack.ss_size = fiber->stack.size();
  fiber->start.uc_link = nullptr;
  makecontext(&fiber->start, work, 0);
  setcontext(&fiber->start);
}

static void pause(Wait wait) {
  current->wait = wait;
  if (!_setjmp(current->state)) {
    _longjmp(scheduler, 1);
  }
  be(current->thread);
}

static Fiber* idle() {
  for (Fiber* fiber : fibers) {
    if (fiber->wait == IDLE) {
      return fiber;
    }
  }
  fibers.push_back(new Fiber());
  return fibers.back();
}

/** Lets go who waits for nobody any more. */
static void release() {
  int at_block = 0;
  std::vector<int> at_warp(threads / WARP + 1);
  for (Fiber* fiber : fibers) {
    at_block += fiber->wait == AT_BLOCK;
    at_warp[fiber->thread / WARP] += fiber->wait == AT_WARP;
  }
  std::vector<Fiber*> ready;
  for (Fiber* fiber : fibers) {
    if ((fiber->wait == AT_BLOCK && at_block == threads)
        || (fiber->wait == AT_WARP && at_warp[fiber->thread / WARP] == WARP)) {
      ready.push_back(fiber);
    }
  }
  if (ready.empty()) {
    fail("threads wait for others that never come");
  }
  for (Fiber* fiber : ready) {
    resume(fiber);
  }
}

static void run_block() {
  next_thread = 0;
  finished = 0;
  while (finished < threads) {
    if (next_thread < threads) {
      resume(idle());
    } else {
      release();
    }
  }
}

static void run_grid() {
  unsigned blocks = gridDim.x * gridDim.y;
  for (unsigned i = 0; i < blocks; i++) {
    unsigned b = reversed ? blocks - 1 - i : i;
    blockIdx = {b % gridDim.x, b / gridDim.x, 0};
    run_block();
  }
}

template <class A>
struct Kind;
template <class A>
struct Kind<A*> {
  static const char letter = 'p';
};
template <>
struct Kind<int> {
  static const char letter = 'i';
};
template <>
struct Kind<long long> {
  static const char letter = 'l';
};
template <>
struct Kind<float> {
  static const char letter = 'f';
};

/** A kernel with its arguments taken from memory, as a launch hands them over. */
template <auto KERNEL>
struct Entry;
template <class... A, void (*KERNEL)(A...)>
struct Entry<KERNEL> {
  template <size_t... I>
  static void call(void** from, std::index_sequence<I...>) {
    KERNEL(*(A*)from[I]...);
  }
  static void run(void** from) { call(from, std::index_sequence_for<A...>()); }
  static const char* signature() {
    static const char letters[] = {Kind<A>::letter..., 0};
    return letters;
  }
};

struct Named {
  const char* name;
  const char* signature;
  void (*run)(void**);
};

}  // namespace emulator

static inline void __syncthreads() { emulator::pause(emulator::AT_BLOCK); }

static inline float __shfl_xor_sync(unsigned mask, float x, int distance) {
  if (mask != 0xffffffffu) {
    emulator::fail("a shuffle of some lanes");
  }
  int parity = emulator::current->shuffles++ % 2;
  int thread = emulator::current->thread;
  emulator::lanes[parity][thread] = x;
  emulator::pause(emulator::AT_WARP);
  return emulator::lanes[parity][thread ^ distance];
}
