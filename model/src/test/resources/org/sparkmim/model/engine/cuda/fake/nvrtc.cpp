// A compiler that knows two programs: kernels in float32 and in bf16, compiled for the CPU before,
// in the folder FAKE_KERNELS.

#include <cstdlib>
#include <cstring>
#include <string>

struct Program {
  std::string source;
  std::string binary;
};

extern "C" {

int nvrtcCreateProgram(Program** program, const char* source, const char*, int headers,
    const char* const*, const char* const*) {
  *program = new Program{source, ""};
  return headers == 0 ? 0 : 3;
}

int nvrtcDestroyProgram(Program** program) {
  delete *program;
  *program = nullptr;
  return 0;
}

int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
  bool architecture = false;
  for (int i = 0; i < count; i++) {
    architecture |= !strcmp(options[i], "--gpu-architecture=sm_90");
  }
  bool bf16 = program->source.rfind("#define BF16", 0) == 0;
  program->binary =
      std::string(getenv("FAKE_KERNELS")) + (bf16 ? "/libkernels-BF16.so" : "/libkernels-F32.so");
  return architecture ? 0 : 5;
}

int nvrtcGetCUBINSize(Program* program, size_t* size) {
  *size = program->binary.size() + 1;
  return 0;
}

int nvrtcGetCUBIN(Program* program, char* to) {
  strcpy(to, program->binary.c_str());
  return 0;
}

int nvrtcGetProgramLogSize(Program*, size_t* size) {
  *size = 23;
  return 0;
}

int nvrtcGetProgramLog(Program*, char* log) {
  strcpy(log, "unknown architecture  ");
  return 0;
}

const char* nvrtcGetErrorString(int) { return "NVRTC_ERROR"; }
}
