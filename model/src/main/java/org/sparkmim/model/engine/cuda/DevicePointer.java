package org.sparkmim.model.engine.cuda;

import org.bytedeco.javacpp.Pointer;

/** An address of device memory where JavaCPP wants a pointer. */
final class DevicePointer extends Pointer {
  DevicePointer(long address) {
    this.address = address;
  }
}
