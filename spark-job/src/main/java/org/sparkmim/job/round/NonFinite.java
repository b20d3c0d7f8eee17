package org.sparkmim.job.round;

import com.typesafe.config.Config;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.sparkmim.job.MimException;

/**
 * What becomes of a round in which a number is NaN or infinite: {@code train.non-finite}.
 *
 * @param maxInARow bad rounds in a row that are passed over; one more ends the training
 */
public record NonFinite(Policy policy, int maxInARow) {

  /** What is kept; of the bad round itself, never anything. */
  public enum Policy {
    /** The training ends. */
    FAIL,
    /** The state before the round goes on behind the round's samples. */
    SKIP_ROUND,
    /**
     * The state of the newest checkpoint goes on behind the round's samples, for what ends in NaN
     * has mostly begun before; PaLM was trained so (Chowdhery et al. 2022, section 5.1).
     */
    ROLLBACK;

    /** As recipes write it. */
    public String key() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  static NonFinite from(Config train) {
    String name = train.getString("non-finite.policy");
    Policy policy =
        Arrays.stream(Policy.values())
            .filter(each -> each.key().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    MimException.usage(
                        "train.non-finite.policy = "
                            + name
                            + " is not known; allowed are "
                            + Arrays.stream(Policy.values())
                                .map(Policy::key)
                                .collect(Collectors.joining(", "))
                            + "."));
    int max = train.getInt("non-finite.max-in-a-row");
    if (max < 1) {
      throw MimException.usage("train.non-finite.max-in-a-row = " + max + " must be at least 1.");
    }
    return new NonFinite(policy, max);
  }
}
