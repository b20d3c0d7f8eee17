// The kernels of fused.cu for one width of heads: KernelSource puts a number for WIDTH.

extern "C" RESIDENT(WIDTH) __global__ void attend_WIDTH(
    const Bf16* qkv, Bf16* out, float* log_sums, int tokens, int asking, int heads, int width,
    int blocks) {
  attend<WIDTH>(qkv, out, log_sums, tokens, asking, heads, width, blocks);
}

extern "C" RESIDENT(WIDTH) __global__ void attend_backward_queries_WIDTH(
    const Bf16* qkv, const Bf16* out, const Bf16* dout, const float* log_sums, float* deltas,
    Bf16* dqkv, int add, int tokens, int asking, int heads, int width,
    int blocks) {
  attend_backward_queries<WIDTH>(
      qkv, out, dout, log_sums, deltas, dqkv, add, tokens, asking, heads, width, blocks);
}

extern "C" RESIDENT(WIDTH) __global__ void attend_backward_keys_WIDTH(
    const Bf16* qkv, const Bf16* dout, const float* log_sums, const float* deltas, Bf16* dqkv,
    int add, int tokens, int asking, int heads, int width,
    int blocks) {
  attend_backward_keys<WIDTH>(
      qkv, dout, log_sums, deltas, dqkv, add, tokens, asking, heads, width, blocks);
}
