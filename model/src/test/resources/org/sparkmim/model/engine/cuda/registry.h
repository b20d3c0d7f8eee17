// Included behind the kernels and the list of them, KERNELS.

extern "C" const char* emulated_signature(const char* name) {
  for (const emulator::Named& kernel : KERNELS) {
    if (!strcmp(kernel.name, name)) {
      return kernel.signature;
    }
  }
  return nullptr;
}

extern "C" void emulated_launch(
    const char* name, int grid_x, int grid_y, int block_x, int block_y, void** arguments,
    bool reversed) {
  for (const emulator::Named& kernel : KERNELS) {
    if (!strcmp(kernel.name, name)) {
      emulator::kernel_name = name;
      emulator::body = kernel.run;
      emulator::arguments = arguments;
      emulator::threads = block_x * block_y;
      emulator::reversed = reversed;
      gridDim = {(unsigned)grid_x, (unsigned)grid_y, 1};
      blockDim = {(unsigned)block_x, (unsigned)block_y, 1};
      emulator::run_grid();
    }
  }
}
