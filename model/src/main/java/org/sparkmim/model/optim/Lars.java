package org.sparkmim.model.optim;

/**
 * LARS as MAE's linear probe uses it (You et al., 2017; MAE, util/lars; methods 1.9), in double.
 * Matrices: {@code g += decay * p}, then {@code g *= trust * ||p|| / ||g||}, or 1 where either norm
 * is 0. All: {@code mu = momentum * mu + g}, {@code p -= rate * mu}.
 */
public record Lars(double momentum, double weightDecay, double trustCoefficient) {
  /** MAE's setting. */
  public static Lars published() {
    return new Lars(0.9, 0, 0.001);
  }

  /** Updates a weight matrix in place; the gradient is left scaled. */
  public void updateMatrix(double[] parameter, double[] gradient, double[] velocity, double rate) {
    double squares = 0;
    double gradientSquares = 0;
    for (int i = 0; i < parameter.length; i++) {
      gradient[i] += weightDecay * parameter[i];
      squares += parameter[i] * parameter[i];
      gradientSquares += gradient[i] * gradient[i];
    }
    if (squares > 0 && gradientSquares > 0) {
      double trust = trustCoefficient * Math.sqrt(squares) / Math.sqrt(gradientSquares);
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= trust;
      }
    }
    updateVector(parameter, gradient, velocity, rate);
  }

  /** Updates a bias in place: momentum alone, neither decay nor trust. */
  public void updateVector(double[] parameter, double[] gradient, double[] velocity, double rate) {
    for (int i = 0; i < parameter.length; i++) {
      velocity[i] = momentum * velocity[i] + gradient[i];
      parameter[i] -= rate * velocity[i];
    }
  }
}
