package org.sparkmim.model.optim;

/** Learning rate per step. */
public sealed interface Schedule {
  /** Rate of the update number {@code step}, counted from 0 over the whole run. */
  double rate(long step);

  /**
   * MAE's: linear warm-up from 0, then half a cosine, both as functions of the fractional epoch
   * (methods 1.6). The first step after the warm-up has the peak.
   *
   * @param peak rate at the end of the warm-up
   * @param floor rate at the last epoch
   * @param warmupEpochs length of the warm-up
   * @param epochs length of the run
   * @param stepsPerEpoch steps in an epoch
   */
  record Cosine(double peak, double floor, double warmupEpochs, double epochs, long stepsPerEpoch)
      implements Schedule {
    @Override
    public double rate(long step) {
      double epoch = step / (double) stepsPerEpoch;
      if (epoch < warmupEpochs) {
        return peak * epoch / warmupEpochs;
      }
      double progress = (epoch - warmupEpochs) / (epochs - warmupEpochs);
      return halfCosine(peak, floor, progress);
    }
  }

  /**
   * mmengine's, as mmpretrain's recipes use it (MFF, methods 3.2): linear warm-up from {@code
   * startFactor * peak} that has the peak on its last step; half a cosine that has it again on its
   * first.
   *
   * @param peak rate at the end of the warm-up
   * @param floor rate that the step after the last would have
   * @param startFactor rate of the first step over the peak
   * @param warmupEpochs length of the warm-up; a fraction of a step is dropped
   * @param epochs length of the run
   * @param stepsPerEpoch steps in an epoch
   */
  record Mmengine(
      double peak,
      double floor,
      double startFactor,
      double warmupEpochs,
      double epochs,
      long stepsPerEpoch)
      implements Schedule {
    @Override
    public double rate(long step) {
      long warmup = (long) (warmupEpochs * stepsPerEpoch);
      if (step < warmup - 1) {
        return peak * (startFactor + (1 - startFactor) * step / (warmup - 1));
      }
      double progress = Math.max(0, step - warmup) / (epochs * stepsPerEpoch - warmup);
      return halfCosine(peak, floor, progress);
    }
  }

  private static double halfCosine(double peak, double floor, double progress) {
    return floor + (peak - floor) * 0.5 * (1 + StrictMath.cos(Math.PI * progress));
  }
}
