package org.sparkmim.model.engine.reference;

/** The error function and its complement to double precision; Java's library has neither. */
final class ErrorFunction {
  /** From here on the continued fraction converges quickly and 1 - erf would lose digits. */
  private static final double TAIL = 2;

  private static final int FRACTION_TERMS = 60;

  private ErrorFunction() {}

  /** {@code 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x}. */
  static double erf(double x) {
    return Math.abs(x) < TAIL ? series(x) : Math.signum(x) * (1 - tail(Math.abs(x)));
  }

  /** {@code 1 - erf(x)}, to full relative precision where x is large. */
  static double erfc(double x) {
    if (Math.abs(x) < TAIL) {
      return 1 - series(x);
    }
    return x > 0 ? tail(x) : 2 - tail(-x);
  }

  /**
   * {@code erf(x) = 2 / sqrt(pi) * exp(-x^2) * sum_n 2^n x^(2n+1) / (1 * 3 * .. * (2n+1))}: all
   * terms have one sign, so nothing cancels.
   */
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  /** {@code erfc(x) = exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + (3/2) / ..)))}. */
  private static double tail(double x) {
    double fraction = x;
    for (int n = FRACTION_TERMS; n > 0; n--) {
      fraction = x + n / 2.0 / fraction;
    }
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
  }
}
