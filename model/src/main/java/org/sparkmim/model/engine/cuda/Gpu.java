package org.sparkmim.model.engine.cuda;

/** What the driver says of one of its devices; {@code major.minor} is the compute capability. */
record Gpu(int ordinal, String name, int major, int minor) {
  /**
   * Refuses what cannot work.
   *
   * @throws org.sparkmim.model.ModelException that names the remedy
   */
  Gpu check() {
    if (major < Refusals.NEEDED_MAJOR) {
      throw Refusals.wrongArchitecture(name, major, minor);
    }
    return this;
  }

  /**
   * Refuses before a device is asked.
   *
   * @param driver version of CUDA that it serves, 13000 for 13.0
   * @param runtime version of CUDA's libraries; of its major version a driver serves all or none
   * @param count devices that there are
   */
  static void checkDriver(int driver, int runtime, int count, int ordinal) {
    if (driver / 1000 < runtime / 1000) {
      throw Refusals.driverTooOld(driver, runtime);
    }
    if (count == 0) {
      throw Refusals.noDevice();
    }
    if (ordinal >= count) {
      throw Refusals.noSuchDevice(ordinal, count);
    }
  }

  /** For people. */
  String description() {
    return name + ", compute capability " + major + "." + minor;
  }

  /** As NVRTC calls the architecture. */
  String architecture() {
    return "sm_" + major + minor;
  }
}
