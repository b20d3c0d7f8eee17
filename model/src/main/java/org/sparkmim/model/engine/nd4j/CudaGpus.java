package org.sparkmim.model.engine.nd4j;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.factory.Nd4jBackend;

/** Asks CUDA's run time, by reflection: neither it nor its Java classes need be there. */
final class CudaGpus implements Gpus {
  private static final String BACKEND = "org.nd4j.linalg.jcublas.JCublasBackend";
  private static final String RUNTIME = "org.bytedeco.cuda.global.cudart";
  private static final String PROPERTIES = "org.bytedeco.cuda.cudart.cudaDeviceProp";
  private static final int NO_DEVICE = 100;

  @Override
  public boolean used() {
    return Nd4jBackend.BACKEND_PRIORITY_GPU >= Nd4jBackend.BACKEND_PRIORITY_CPU && there(BACKEND);
  }

  @Override
  public List<Gpu> list() {
    try {
      Class<?> runtime = Class.forName(RUNTIME);
      int[] count = new int[1];
      int code = (int) runtime.getMethod("cudaGetDeviceCount", int[].class).invoke(null, count);
      if (code == NO_DEVICE) {
        return List.of();
      }
      check(code);
      List<Gpu> gpus = new ArrayList<>();
      for (int ordinal = 0; ordinal < count[0]; ordinal++) {
        gpus.add(gpu(runtime, ordinal));
      }
      return gpus;
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the job jar's CUDA classes do not fit: " + e, e);
    }
  }

  private static Gpu gpu(Class<?> runtime, int ordinal) throws ReflectiveOperationException {
    Class<?> type = Class.forName(PROPERTIES);
    Object properties = type.getConstructor().newInstance();
    check(
        (int)
            runtime
                .getMethod("cudaGetDeviceProperties", type, int.class)
                .invoke(null, properties, ordinal));
    Object name = type.getMethod("name").invoke(properties);
    return new Gpu(
        (String) name.getClass().getMethod("getString").invoke(name),
        (int) type.getMethod("major").invoke(properties),
        (int) type.getMethod("minor").invoke(properties));
  }

  private static void check(int code) {
    if (code != 0) {
      throw new IllegalStateException("CUDA error code: [" + code + "]");
    }
  }

  private static boolean there(String name) {
    try {
      Class.forName(name, false, CudaGpus.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
