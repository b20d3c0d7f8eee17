// Matrix products by columns, as the manual of cuBLASLt defines them; refuses what it would refuse.

#include "queue.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

enum { SUCCESS = 0, INVALID_VALUE = 7, NOT_SUPPORTED = 15 };
enum { R_32F = 0, R_16BF = 14, COMPUTE_32F = 68, COMPUTE_TF32 = 77 };

struct Layout {
  int type;
  uint64_t rows, columns;
  int64_t stride;
  int32_t batch = 1;
  int64_t batch_stride = 0;

  size_t bytes() const { return type == R_16BF ? 2 : 4; }
};

struct Description {
  int compute, scale;
  int32_t turn_a = 0, turn_b = 0, epilogue = 1;
  const char* bias = nullptr;
};

struct Preference {
  uint64_t workspace = 0;
  uint32_t alignment[4] = {256, 256, 256, 256};
};

struct Algorithm {
  uint64_t magic;
  uint32_t alignment[4];
  uint64_t rest[5];
};

struct Result {
  Algorithm algorithm;
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

static const uint64_t MAGIC = 0x5eed;

static float get(int type, const char* at, int64_t i) {
  float x;
  uint32_t bits;
  if (type == R_32F) {
    return ((const float*)at)[i];
  }
  bits = (uint32_t)((const uint16_t*)at)[i] << 16;
  memcpy(&x, &bits, 4);
  return x;
}

static void put(int type, char* at, int64_t i, float x) {
  if (type == R_32F) {
    ((float*)at)[i] = x;
    return;
  }
  uint32_t bits;
  memcpy(&bits, &x, 4);
  bool none = (bits & 0x7fffffffu) > 0x7f800000u;
  ((uint16_t*)at)[i] = none ? 0x7fc0 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

static int refuse(const char* why) {
  fprintf(stderr, "fake: cuBLASLt refuses: %s\n", why);
  return INVALID_VALUE;
}

static int check(const Description& d, const Layout& a, const Layout& b, const Layout& c,
    const Layout& r) {
  uint64_t m = d.turn_a ? a.columns : a.rows;
  uint64_t k = d.turn_a ? a.rows : a.columns;
  uint64_t n = d.turn_b ? b.rows : b.columns;
  if ((d.turn_b ? b.columns : b.rows) != k || r.rows != m || r.columns != n) {
    return refuse("sizes do not fit");
  }
  if (c.rows != m || c.columns != n || c.type != r.type || a.type != b.type) {
    return refuse("the third matrix is no fourth, or types differ");
  }
  if (a.type == R_32F && r.type != R_32F) {
    return refuse("float32 in, bf16 out");
  }
  if (d.compute != (a.type == R_32F ? COMPUTE_TF32 : COMPUTE_32F) || d.scale != R_32F) {
    return refuse("arithmetic");
  }
  for (const Layout* l : {&a, &b, &c, &r}) {
    if (l->stride < (int64_t)l->rows || l->batch != a.batch || l->rows == 0 || l->columns == 0) {
      return refuse("a stride or a batch");
    }
  }
  // A bias has the type of the result where nothing else is said.
  if ((d.epilogue == 4) != (d.bias != nullptr) || (d.bias && r.batch != 1)) {
    return refuse("a bias");
  }
  if (d.bias && (uintptr_t)d.bias % 16) {
    return refuse("the alignment of a bias");
  }
  return SUCCESS;
}

extern "C" {

int cublasLtCreate(void** handle) {
  *handle = new int(1);
  return SUCCESS;
}

int cublasLtDestroy(void* handle) {
  delete (int*)handle;
  return SUCCESS;
}

const char* cublasLtGetStatusName(int) { return "CUBLAS_STATUS_FAKE"; }

int cublasLtMatmulDescCreate(Description** result, int compute, int scale) {
  *result = new Description{compute, scale};
  return SUCCESS;
}

int cublasLtMatmulDescDestroy(Description* description) {
  delete description;
  return SUCCESS;
}

int cublasLtMatmulDescSetAttribute(Description* d, int which, const void* value, size_t bytes) {
  int32_t* numbers[] = {nullptr, nullptr, nullptr, &d->turn_a, &d->turn_b, nullptr, nullptr,
      &d->epilogue};
  if (which == 8 && bytes == 8) {
    memcpy(&d->bias, value, 8);
  } else if ((which == 3 || which == 4 || which == 7) && bytes == 4) {
    memcpy(numbers[which], value, 4);
  } else {
    return refuse("an attribute of a product");
  }
  return SUCCESS;
}

int cublasLtMatrixLayoutCreate(Layout** result, int type, uint64_t rows, uint64_t columns,
    int64_t stride) {
  *result = new Layout{type, rows, columns, stride};
  return SUCCESS;
}

int cublasLtMatrixLayoutDestroy(Layout* layout) {
  delete layout;
  return SUCCESS;
}

int cublasLtMatrixLayoutSetAttribute(Layout* l, int which, const void* value, size_t bytes) {
  if (which == 5 && bytes == 4) {
    memcpy(&l->batch, value, 4);
  } else if (which == 6 && bytes == 8) {
    memcpy(&l->batch_stride, value, 8);
  } else {
    return refuse("an attribute of a matrix");
  }
  return SUCCESS;
}

int cublasLtMatmulPreferenceCreate(Preference** result) {
  *result = new Preference();
  return SUCCESS;
}

int cublasLtMatmulPreferenceDestroy(Preference* preference) {
  delete preference;
  return SUCCESS;
}

int cublasLtMatmulPreferenceSetAttribute(Preference* p, int which, const void* value,
    size_t bytes) {
  if (which == 1 && bytes == 8) {
    memcpy(&p->workspace, value, 8);
  } else if (which >= 5 && which <= 8 && bytes == 4) {
    memcpy(&p->alignment[which - 5], value, 4);
  } else {
    return refuse("a preference");
  }
  return SUCCESS;
}

int cublasLtMatmulAlgoGetHeuristic(void*, Description* d, Layout* a, Layout* b, Layout* c,
    Layout* r, Preference* p, int requested, Result* results, int* found) {
  *found = 0;
  int status = check(*d, *a, *b, *c, *r);
  if (status == SUCCESS && requested > 0) {
    *found = 1;
    results[0] = Result{};
    results[0].algorithm.magic = MAGIC;
    memcpy(results[0].algorithm.alignment, p->alignment, sizeof p->alignment);
  }
  return status;
}

int cublasLtMatmul(void*, Description* description, const float* alpha, const char* a, Layout* al,
    const char* b, Layout* bl, const float* beta, const char* c, Layout* cl, char* r, Layout* rl,
    const Algorithm* algorithm, void* workspace, size_t workspace_bytes, void* stream) {
  Description d = *description;
  Layout la = *al, lb = *bl, lc = *cl, lr = *rl;
  int status = check(d, la, lb, lc, lr);
  if (status != SUCCESS) {
    return status;
  }
  const char* pointers[] = {a, b, c, r};
  for (int i = 0; i < 4; i++) {
    if (algorithm->magic != MAGIC || (uintptr_t)pointers[i] % algorithm->alignment[i]) {
      return refuse("the algorithm is not for this alignment");
    }
  }
  if (!workspace || workspace_bytes < 1 << 20) {
    return refuse("no workspace");
  }
  float factor = *alpha, kept = *beta;
  fake_enqueue(stream, [=] {
    int64_t k = d.turn_a ? la.rows : la.columns;
    for (int64_t batch = 0; batch < la.batch; batch++) {
      int64_t fa = batch * la.batch_stride, fb = batch * lb.batch_stride;
      int64_t fc = batch * lc.batch_stride, fr = batch * lr.batch_stride;
      for (int64_t j = 0; j < (int64_t)lr.columns; j++) {
        for (int64_t i = 0; i < (int64_t)lr.rows; i++) {
          float sum = 0;
          for (int64_t l = 0; l < k; l++) {
            int64_t ia = d.turn_a ? i * la.stride + l : l * la.stride + i;
            int64_t ib = d.turn_b ? l * lb.stride + j : j * lb.stride + l;
            sum += get(la.type, a, fa + ia) * get(lb.type, b, fb + ib);
          }
          float x = factor * sum;
          if (kept != 0) {
            x += kept * get(lc.type, c, fc + j * lc.stride + i);
          }
          if (d.bias) {
            x += get(lr.type, d.bias, i);
          }
          put(lr.type, r, fr + j * lr.stride + i, x);
        }
      }
    }
  });
  return SUCCESS;
}
}
