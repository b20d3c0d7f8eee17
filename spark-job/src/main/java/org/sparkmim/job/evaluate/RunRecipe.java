package org.sparkmim.job.evaluate;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.sparkmim.job.commit.RunRecord;

/** The settings that a run was made with. */
public final class RunRecipe {

  private RunRecipe() {}

  /** Every setting as the run's record has it, keys as in recipes. */
  public static Config of(RunRecord record) {
    StringBuilder text = new StringBuilder();
    record
        .recipe()
        .forEach(
            (key, origin) -> text.append(key).append(" = ").append(origin.value()).append('\n'));
    return ConfigFactory.parseString(text.toString());
  }
}
