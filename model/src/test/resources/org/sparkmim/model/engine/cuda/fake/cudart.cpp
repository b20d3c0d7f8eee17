// All that the engine asks the runtime.
extern "C" int cudaRuntimeGetVersion(int* version) {
  *version = MAJOR * 1000;
  return 0;
}
