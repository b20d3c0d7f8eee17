package org.sparkmim.model.optim;

/**
 * Learning rate per step: linear warm-up, then half a cosine, as a function of the fractional epoch
 * (MAE, 1.6).
 *
 * @param peak rate at the end of the warm-up
 * @param floor rate at the last epoch
 * @param warmupEpochs length of the warm-up
 * @param epochs length of the run
 * @param stepsPerEpoch steps in an epoch
 */
public record Schedule(
    double peak, double floor, double warmupEpochs, double epochs, long stepsPerEpoch) {
  /** Rate of the update number {@code step}, counted from 0 over the whole run. */
  public double rate(long step) {
    double epoch = step / (double) stepsPerEpoch;
    if (epoch < warmupEpochs) {
      return peak * epoch / warmupEpochs;
    }
    double progress = (epoch - warmupEpochs) / (epochs - warmupEpochs);
    return floor + (peak - floor) * 0.5 * (1 + StrictMath.cos(Math.PI * progress));
  }
}
