package org.sparkmim.model.engine.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.math.BigDecimal;
import java.math.MathContext;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorFunctionTest {
  private static final MathContext DIGITS = new MathContext(80);
  private static final BigDecimal PI =
      new BigDecimal(
          "3.1415926535897932384626433832795028841971693993751058209749445923078164062862089986");

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.5, 0.520499877813046538",
    "1, 0.842700792949714869",
    "2, 0.995322265018952734",
    "3, 0.999977909503001415",
    "-1, -0.842700792949714869",
    "-4, -0.999999984582742100",
    "30, 1",
    "Infinity, 1",
    "-Infinity, -1"
  })
  void hasTheValuesOfTheTables(double x, double erf) {
    assertThat(ErrorFunction.erf(x)).isCloseTo(erf, within(1e-15));
    assertThat(ErrorFunction.erfc(x)).isCloseTo(1 - erf, within(1e-15));
  }

  @Test
  void complementKeepsItsDigitsFarOut() {
    assertThat(ErrorFunction.erfc(5)).isCloseTo(1.53745979442803485e-12, withinPercentage(1e-12));
    assertThat(ErrorFunction.erfc(10)).isCloseTo(2.08848758376254475e-45, withinPercentage(1e-11));
  }

  @Test
  void keepsNotANumber() {
    assertThat(ErrorFunction.erf(Double.NaN)).isNaN();
    assertThat(ErrorFunction.erfc(Double.NaN)).isNaN();
  }

  @Property(tries = 300)
  void isTheTaylorSeriesInEightyDigits(
      @ForAll @DoubleRange(min = -6, max = 6) @Scale(15) double x) {
    BigDecimal exact = taylor(x);
    double complement = BigDecimal.ONE.subtract(exact).doubleValue();
    assertThat(ErrorFunction.erf(x)).isCloseTo(exact.doubleValue(), within(3e-15));
    assertThat(ErrorFunction.erfc(x)).isCloseTo(complement, within(3e-15));
    assertThat(ErrorFunction.erfc(x) / complement).isCloseTo(1, within(1e-12));
  }

  /** {@code 2 / sqrt(pi) * sum_n (-1)^n x^(2n+1) / (n! (2n+1))}. */
  private static BigDecimal taylor(double at) {
    BigDecimal x = new BigDecimal(at);
    BigDecimal square = x.multiply(x);
    BigDecimal power = x;
    BigDecimal sum = x;
    for (int n = 1; n < 300; n++) {
      power = power.multiply(square).divide(BigDecimal.valueOf(-n), DIGITS);
      sum = sum.add(power.divide(BigDecimal.valueOf(2 * n + 1), DIGITS), DIGITS);
    }
    return sum.multiply(BigDecimal.valueOf(2)).divide(PI.sqrt(DIGITS), DIGITS);
  }
}
