// From Java to emulated kernels, and the matrix product that cuBLASLt would do.

#include <dlfcn.h>
#include <jni.h>

#include <cstring>
#include <vector>

namespace {

struct Library {
  const char* (*signature)(const char*);
  void (*launch)(const char*, int, int, int, int, void**, bool);
};

struct Matrix {
  char* data;
  bool bf16;
  long stride;
  bool turned;
  long batch_stride;

  float get(long batch, long row, long column) const {
    long i = batch * batch_stride + (turned ? column * stride + row : row * stride + column);
    if (!bf16) {
      return ((float*)data)[i];
    }
    unsigned bits = (unsigned)((unsigned short*)data)[i] << 16;
    float x;
    memcpy(&x, &bits, 4);
    return x;
  }

  void put(long batch, long row, long column, float x) const {
    long i = batch * batch_stride + row * stride + column;
    if (!bf16) {
      ((float*)data)[i] = x;
      return;
    }
    unsigned bits;
    memcpy(&bits, &x, 4);
    bool none = (bits & 0x7fffffffu) > 0x7f800000u;
    ((unsigned short*)data)[i] = none ? 0x7fc0 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  }
};

Matrix matrix(const jlong* facts) {
  return {(char*)facts[0], facts[1] != 0, facts[2], facts[3] != 0, facts[4]};
}

}  // namespace

#define NATIVE(result, name) \
  extern "C" JNIEXPORT result JNICALL Java_org_sparkmim_model_engine_cuda_Emulator_##name

NATIVE(jlong, open)(JNIEnv* env, jclass, jstring path) {
  const char* text = env->GetStringUTFChars(path, nullptr);
  void* handle = dlopen(text, RTLD_NOW | RTLD_LOCAL);
  env->ReleaseStringUTFChars(path, text);
  if (!handle) {
    env->ThrowNew(env->FindClass("java/lang/UnsatisfiedLinkError"), dlerror());
    return 0;
  }
  Library* library = new Library();
  *(void**)&library->signature = dlsym(handle, "emulated_signature");
  *(void**)&library->launch = dlsym(handle, "emulated_launch");
  return (jlong)library;
}

NATIVE(jstring, signature)(JNIEnv* env, jclass, jlong library, jstring kernel) {
  const char* name = env->GetStringUTFChars(kernel, nullptr);
  const char* signature = ((Library*)library)->signature(name);
  env->ReleaseStringUTFChars(kernel, name);
  return signature ? env->NewStringUTF(signature) : nullptr;
}

NATIVE(void, launch)(JNIEnv* env, jclass, jlong library, jstring kernel, jint grid_x, jint grid_y,
    jint block_x, jint block_y, jlongArray arguments, jboolean reversed) {
  std::vector<jlong> numbers(env->GetArrayLength(arguments));
  env->GetLongArrayRegion(arguments, 0, numbers.size(), numbers.data());
  std::vector<void*> places;
  for (jlong& number : numbers) {
    places.push_back(&number);
  }
  const char* name = env->GetStringUTFChars(kernel, nullptr);
  ((Library*)library)->launch(name, grid_x, grid_y, block_x, block_y, places.data(), reversed);
  env->ReleaseStringUTFChars(kernel, name);
}

// sizes: m, n, k, batch, bias; then five facts each of a, b, addend (data 0 if none) and d.
NATIVE(void, multiply)(JNIEnv* env, jclass, jlongArray sizes, jfloat alpha) {
  jlong f[25];
  env->GetLongArrayRegion(sizes, 0, 25, f);
  long m = f[0], n = f[1], k = f[2];
  Matrix a = matrix(f + 5), b = matrix(f + 10), addend = matrix(f + 15), d = matrix(f + 20);
  Matrix bias = {(char*)f[4], d.bf16, 0, false, 0};
  std::vector<float> left(k), row(n), right(k * n);
  for (long batch = 0; batch < f[3]; batch++) {
    for (long l = 0; l < k; l++) {
      for (long j = 0; j < n; j++) {
        right[l * n + j] = b.get(batch, l, j);
      }
    }
    for (long i = 0; i < m; i++) {
      std::fill(row.begin(), row.end(), 0.0f);
      for (long l = 0; l < k; l++) {
        float x = a.get(batch, i, l);
        for (long j = 0; j < n; j++) {
          row[j] += x * right[l * n + j];
        }
      }
      for (long j = 0; j < n; j++) {
        float x = alpha * row[j];
        if (addend.data) {
          x += addend.get(batch, i, j);
        }
        if (bias.data) {
          x += bias.get(0, 0, j);
        }
        d.put(batch, i, j, x);
      }
    }
  }
}

NATIVE(void, fill)(JNIEnv*, jclass, jlong at, jint value, jlong bytes) {
  memset((void*)at, value, bytes);
}

NATIVE(void, copy)(JNIEnv*, jclass, jlong to, jlong from, jlong bytes) {
  memcpy((void*)to, (void*)from, bytes);
}
