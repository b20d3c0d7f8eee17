package org.sparkmim.model.engine.cuda;

import java.util.Arrays;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.optim.Optimizer;

/** The process of {@link CudaDeviceTest}: trains on the GPU that it finds, and prints what came. */
public final class FakeTraining {
  private FakeTraining() {}

  /** The one argument is the precision. */
  public static void main(String[] arguments) {
    Precision precision = Precision.valueOf(arguments[0]);
    try {
      System.out.println(
          describe(TrainingRun.of(new CudaEngine(0), precision, Optimizer.AdamW.published())));
      System.out.println(describeMade(HogTest.losses(new CudaEngine(0), precision, true)));
    } catch (ModelException refused) {
      System.out.println("REFUSED " + refused.getMessage());
    }
  }

  /** Equal for runs of equal bits. */
  static String describe(TrainingRun run) {
    return "RUN "
        + Arrays.deepHashCode(run.losses())
        + " "
        + Arrays.hashCode(run.parameters())
        + " "
        + Arrays.hashCode(run.second());
  }

  /** Likewise of the losses of steps whose targets the device made. */
  static String describeMade(double[][] losses) {
    return "MADE " + Arrays.deepHashCode(losses);
  }
}
