// CUDA's language on the CPU, as far as the engine's kernels use it: included before their text.
// Threads of a block are fibers; a barrier hands over to the next. What would hang or be undefined
// on a device (a barrier that some threads never reach, a shuffle without all lanes) aborts. Shared
// memory holds no numbers when a block begins.

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
#define __shared__ __attribute__((section("shared"))) static
#define __launch_bounds__(...)

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

/** The ends of that section, which the linker knows. */
extern "C" __attribute__((visibility("hidden"))) char __start_shared[], __stop_shared[];

namespace emulator {

const int WARP = 32;
const size_t STACK = 64 << 10;

enum Wait { IDLE, RUNNING, FREE, AT_WARP, AT_BLOCK };

struct Copy {
  void* to;
  const void* from;
  bool inside;
};

struct Fiber {
  jmp_buf state;
  ucontext_t start;
  std::vector<char> stack = std::vector<char>(STACK);
  bool started = false;
  int thread = 0;
  int exchanges = 0;
  std::vector<Copy> copies;
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

struct Handed {
  char bytes[32];
};

/** Of every thread, for one exchange and the next. */
static Handed handed[2][1024];

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
      current->exchanges = 0;
      be(current->thread);
      body(arguments);
      if (!current->copies.empty()) {
        fail("a copy that nobody waits for");
      }
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
  fiber->wait = RUNNING;
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

static void resume_warp(int warp, Wait wait) {
  std::vector<Fiber*> lanes;
  for (Fiber* fiber : fibers) {
    if (fiber->wait == wait && fiber->thread / WARP == warp) {
      lanes.push_back(fiber);
    }
  }
  for (Fiber* fiber : lanes) {
    resume(fiber);
  }
}

/** Lets the first warp go that waits for nobody; false if there is none. */
static bool run_a_warp() {
  int warps = (threads + WARP - 1) / WARP;
  std::vector<int> at_warp(warps), free(warps);
  for (Fiber* fiber : fibers) {
    if (fiber->wait == AT_WARP) {
      at_warp[fiber->thread / WARP]++;
    } else if (fiber->wait == FREE) {
      free[fiber->thread / WARP]++;
    }
  }
  for (int i = 0; i < warps; i++) {
    int warp = reversed ? warps - 1 - i : i;
    if (free[warp] || at_warp[warp] == WARP) {
      resume_warp(warp, free[warp] ? FREE : AT_WARP);
      return true;
    }
  }
  return false;
}

static void lift_barrier() {
  int waiting = 0;
  for (Fiber* fiber : fibers) {
    waiting += fiber->wait == AT_BLOCK;
  }
  if (waiting < threads) {
    fail("threads wait for others that never come");
  }
  for (Fiber* fiber : fibers) {
    fiber->wait = fiber->wait == AT_BLOCK ? FREE : fiber->wait;
  }
}

/** A warp runs as far ahead of the others as barriers let it, so that a barrier too few shows. */
static void run_block() {
  memset(__start_shared, 0xff, __stop_shared - __start_shared);
  next_thread = 0;
  finished = 0;
  while (finished < threads) {
    if (run_a_warp()) {
      continue;
    }
    if (next_thread < threads) {
      resume(idle());
    } else {
      lift_barrier();
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

/** What every lane of the warp hands over; kept until the exchange after the next. */
template <class A>
class Exchange {
 public:
  explicit Exchange(const A& mine) : warp(handed[current->exchanges++ % 2] + of_warp()) {
    static_assert(sizeof(A) <= sizeof(Handed), "more than a lane can hand over");
    memcpy(warp + current->thread % WARP, &mine, sizeof mine);
    pause(AT_WARP);
  }

  A of(int lane) const {
    A theirs;
    memcpy(&theirs, warp + lane, sizeof theirs);
    return theirs;
  }

 private:
  static int of_warp() { return current->thread / WARP * WARP; }
  Handed* warp;
};

/** The low or the high bf16 of a register. */
static float half(unsigned both, int high) {
  return __uint_as_float(high ? both & 0xffff0000u : both << 16);
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
  int lane = emulator::current->thread % emulator::WARP;
  return emulator::Exchange<float>(x).of(lane ^ distance);
}

// In the place of ptx.cu, by the layouts of the PTX ISA.

/**
 * Of "Matrix Fragments for mma.m16n8k16", the other way round. With group = lane / 4 and t = lane %
 * 4, a[i] is at row group (+ 8 where i is in 2, 3, 6, 7), column 2 t + i % 2 (+ 8 where i >= 4);
 * b[i] at row 2 t + i % 2 (+ 8 where i >= 2), column group; d[i] at row group (+ 8 where i >= 2),
 * column 2 t + i % 2. A register has two of a or b, the first in its low half.
 */
static void multiply_add(float (&d)[4], const unsigned (&a)[4], unsigned upper, unsigned lower) {
  struct Operands {
    unsigned a[4];
    unsigned b[2];
  };
  emulator::Exchange<Operands> operands({{a[0], a[1], a[2], a[3]}, {upper, lower}});
  int lane = emulator::current->thread % emulator::WARP;
  for (int i = 0; i < 4; i++) {
    int row = lane / 4 + (i >= 2 ? 8 : 0);
    int column = 2 * (lane % 4) + i % 2;
    float sum = 0;
    for (int k = 0; k < 16; k++) {
      int pair = k % 8 / 2;
      unsigned left = operands.of(row % 8 * 4 + pair).a[row / 8 + k / 8 * 2];
      unsigned right = operands.of(column * 4 + pair).b[k / 8];
      sum += emulator::half(left, k % 2) * emulator::half(right, k % 2);
    }
    d[i] += sum;
  }
}

/** Of "ldmatrix": lane 8 i + row names the row of part i; lane l gets two elements of row l / 4. */
static void load_parts(unsigned (&parts)[4], const unsigned short* row, bool turned = false) {
  if ((size_t)row % 16) {
    emulator::fail("a row that is not aligned");
  }
  emulator::Exchange<const unsigned short*> rows(row);
  int group = emulator::current->thread % emulator::WARP / 4;
  int first = 2 * (emulator::current->thread % 4);
  for (int i = 0; i < 4; i++) {
    unsigned low = turned ? rows.of(8 * i + first)[group] : rows.of(8 * i + group)[first];
    unsigned high = turned ? rows.of(8 * i + first + 1)[group] : rows.of(8 * i + group)[first + 1];
    parts[i] = low | high << 16;
  }
}

static void load_turned_parts(unsigned (&parts)[4], const unsigned short* row) {
  load_parts(parts, row, true);
}

/** Nothing arrives before it is waited for. */
static void begin_copy(unsigned short* to, const unsigned short* from, bool inside) {
  if ((size_t)to % 16 || (size_t)from % 16) {
    emulator::fail("a copy that is not aligned");
  }
  emulator::current->copies.push_back({to, from, inside});
}

static void finish_copies() {
  for (const emulator::Copy& copy : emulator::current->copies) {
    copy.inside ? memcpy(copy.to, copy.from, 16) : memset(copy.to, 0, 16);
  }
  emulator::current->copies.clear();
}

static unsigned rounded(float x) {
  unsigned bits = __float_as_uint(x);
  return std::isnan(x) ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

static unsigned pair(float low, float high) { return rounded(low) | rounded(high) << 16; }
