// Tensor cores and what feeds them, in PTX because CUDA's language without headers has no word for
// them. Compute capability 8.0 or later; all lanes of a warp call together, but for copies.
//
// A warp holds a matrix of bf16 in parts of 8 x 8: lane l has row l / 4, columns 2 (l % 4) and the
// next, the first of them in the low half of a register ("Matrix Fragments for mma.m16n8k16" in the
// PTX ISA). Of a left operand [16, 16] the registers are the parts above left, below left, above
// right, below right. A right operand [16, 8] is held turned: lane l has column l / 4, rows
// 2 (l % 4) and the next, of the upper part and of the lower. Of a result [16, 8] in float32, d[0]
// and d[1] are in the upper part, d[2] and d[3] in the lower.

/** d [16, 8] += a [16, 16] b [16, 8]. */
__device__ inline void multiply_add(
    float (&d)[4], const unsigned (&a)[4], unsigned upper, unsigned lower) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(upper), "r"(lower));
}

/**
 * Four parts from shared memory: lanes 8 i to 8 i + 7 name the rows of part i, each 16 bytes at a
 * multiple of 16.
 */
__device__ inline void load_parts(unsigned (&parts)[4], const Bf16* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3])
               : "r"((unsigned)__cvta_generic_to_shared(row))
               : "memory");
}

/** The same parts turned: lane l has column l / 4, rows 2 (l % 4) and the next. */
__device__ inline void load_turned_parts(unsigned (&parts)[4], const Bf16* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3])
               : "r"((unsigned)__cvta_generic_to_shared(row))
               : "memory");
}

/** Begins to copy 16 bytes to shared memory, both at multiples of 16; zeros unless inside. */
__device__ inline void begin_copy(Bf16* to, const Bf16* from, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :
               : "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(inside ? 16 : 0)
               : "memory");
}

/** Waits until this thread's copies are there; others need a barrier, too, to see them. */
__device__ inline void finish_copies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

/** Two numbers rounded to bf16, the first in the low half. */
__device__ inline unsigned pair(float low, float high) {
  unsigned both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
}
