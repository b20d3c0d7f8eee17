// Functions of single elements, and copies between types.

__device__ inline float normal_cdf(float x) { return 0.5f * (1 + erff(x * 0.70710678118654752f)); }

extern "C" __global__ void gelu(const T* x, T* out, Index count) {
  FOR_ELEMENTS(i, count) {
    float v = number(x[i]);
    put(out + i, v * normal_cdf(v));
  }
}

/** With the normal distribution's F and f: dx = dout (F(x) + x f(x)). */
extern "C" __global__ void gelu_backward(
    const T* x, const T* dout, T* dx, int add, Index count) {
  FOR_ELEMENTS(i, count) {
    float v = number(x[i]);
    float density = 0.3989422804014327f * expf(-0.5f * v * v);
    leave(dx + i, number(dout[i]) * (normal_cdf(v) + v * density), add);
  }
}

extern "C" __global__ void swish(const T* x, float alpha, T* out, Index count) {
  FOR_ELEMENTS(i, count) {
    float v = number(x[i]);
    put(out + i, v / (1 + expf(-alpha * v)));
  }
}

extern "C" __global__ void swish_backward(
    const T* x, float alpha, const T* dout, T* dx, int add, Index count) {
  FOR_ELEMENTS(i, count) {
    float v = number(x[i]);
    float gate = 1 / (1 + expf(-alpha * v));
    leave(dx + i, number(dout[i]) * gate * (1 + alpha * v * (1 - gate)), add);
  }
}

extern "C" __global__ void copy(const T* from, T* to, int add, Index count) {
  FOR_ELEMENTS(i, count) { leave(to + i, number(from[i]), add); }
}

extern "C" __global__ void widen(const T* from, float* to, int add, Index count) {
  FOR_ELEMENTS(i, count) { leave(to + i, number(from[i]), add); }
}

extern "C" __global__ void narrow(const float* from, T* to, Index count) {
  FOR_ELEMENTS(i, count) { put(to + i, from[i]); }
}
