package org.sparkmim.job.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.sparkmim.job.config.Recipe;
import picocli.CommandLine.Option;

/** Options of every command that reads a recipe; a picocli mixin. */
public final class RecipeOptions {
  @Option(
      names = "--conf",
      paramLabel = "FILE",
      description = "Recipe (HOCON); its values win over the defaults.")
  private Path file;

  @Option(
      names = "-D",
      paramLabel = "KEY=VALUE",
      description = "Overrides one key of the recipe, as in -D train.epochs=3. May be repeated.")
  private Map<String, String> overrides = new LinkedHashMap<>();

  /** The recipe that the options name. */
  public Recipe load() {
    return Recipe.load(Optional.ofNullable(file), overrides);
  }
}
