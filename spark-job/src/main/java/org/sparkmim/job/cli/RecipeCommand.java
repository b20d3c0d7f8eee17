package org.sparkmim.job.cli;

import com.typesafe.config.ConfigRenderOptions;
import org.sparkmim.job.config.Recipe;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows what a recipe and overrides resolve to, and where every value comes from. */
@Command(
    name = "recipe",
    description = "Prints every setting as resolved, with where its value comes from.",
    mixinStandardHelpOptions = true)
final class RecipeCommand implements Runnable {
  @Mixin private RecipeOptions options;

  @Option(names = "--json", description = "Print the values as JSON.")
  private boolean json;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Recipe recipe = options.load();
    String text =
        json
            ? recipe.config().root().render(ConfigRenderOptions.concise().setFormatted(true))
            : recipe.render();
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
  }
}
