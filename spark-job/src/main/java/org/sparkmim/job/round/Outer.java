package org.sparkmim.job.round;

import com.typesafe.config.Config;
import java.io.Serializable;
import java.util.Locale;
import org.sparkmim.job.MimException;

/**
 * What the averaged change of a round does to the parameters: {@code train.outer}.
 *
 * @param rate learning rate of {@link Kind#NESTEROV}
 * @param momentum of {@link Kind#NESTEROV}
 */
public record Outer(Kind kind, double rate, double momentum) implements Serializable {

  /** The outer optimiser. */
  public enum Kind {
    /** The mean of the workers' parameters replaces them. */
    AVERAGE,
    /**
     * With g = before - mean: v = momentum v + g, after = before - rate (g + momentum v), as in
     * DiLoCo (Douillard et al. 2023, section 2).
     */
    NESTEROV;

    /** As recipes write it. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Plain averaging. */
  public static Outer average() {
    return new Outer(Kind.AVERAGE, 1, 0);
  }

  static Outer from(Config outer) {
    String name = outer.getString("optimizer");
    double rate = outer.getDouble("lr");
    double momentum = outer.getDouble("momentum");
    if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
      throw MimException.usage("train.outer.lr = " + rate + " must be larger than 0.");
    }
    if (!(momentum >= 0 && momentum < 1)) {
      throw MimException.usage(
          "train.outer.momentum = " + momentum + " must be from 0 to below 1.");
    }
    return switch (name) {
      case "average" -> average();
      case "nesterov" -> new Outer(Kind.NESTEROV, rate, momentum);
      default ->
          throw MimException.usage(
              "train.outer.optimizer = " + name + " is not known; allowed are average, nesterov.");
    };
  }

  boolean hasMomentum() {
    return kind == Kind.NESTEROV;
  }
}
