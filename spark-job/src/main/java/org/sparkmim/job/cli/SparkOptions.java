package org.sparkmim.job.cli;

import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.job.config.Recipe;
import picocli.CommandLine.Option;

/** Options of every command that runs on Spark; a picocli mixin. */
public final class SparkOptions {
  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "Spark master, as in spark://host:7077, yarn, k8s://..., local[4]."
              + " Default: run.master of the recipe; without one, a Spark inside this process.")
  private String master;

  /**
   * Opens the session the options name.
   *
   * @param threads task threads of an embedded Spark
   */
  public SparkSession open(String command, Recipe recipe, int threads) {
    return SparkSessions.open("mim " + command, named(recipe), threads);
  }

  /** Whether workers will run inside this process. */
  boolean isEmbedded(Recipe recipe) {
    return named(recipe).map(SparkSessions::isEmbedded).orElse(true);
  }

  /**
   * Refuses what {@link #open} would, without opening anything.
   *
   * @throws org.sparkmim.job.MimException (usage) for a master or a Spark that cannot work
   */
  public void check(Recipe recipe) {
    SparkSessions.check(named(recipe));
  }

  private Optional<String> named(Recipe recipe) {
    String named = master != null ? master : recipe.section("run").getString("master");
    return Optional.of(named).filter(url -> !url.isBlank());
  }
}
