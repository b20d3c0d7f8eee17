// There must be a runtime to load; the engine calls nothing of it.
extern "C" int cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return 0;
}
