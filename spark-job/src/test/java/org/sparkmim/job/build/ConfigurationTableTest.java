package org.sparkmim.job.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README's table of settings is what the modules' reference.conf files say. */
class ConfigurationTableTest {
  private static final Path README = Path.of("..", "README.md");
  private static final String BEGIN =
      "<!-- configuration: written from the modules' reference.conf by ConfigurationTableTest"
          + " -->\n";
  private static final String END = "<!-- end of configuration -->";

  @Test
  void theReadmeNamesEverySettingWithItsDefault() throws IOException {
    String readme = Files.readString(README);
    int begin = readme.indexOf(BEGIN);
    int end = readme.indexOf(END);
    assertThat(begin).as("%s has the marker %s", README, BEGIN).isNotNegative();
    assertThat(end).as("%s has the marker %s after it", README, END).isGreaterThan(begin);
    String table = table(ConfigFactory.parseResources("reference.conf").getConfig("mim"));
    String expected = readme.substring(0, begin) + BEGIN + table + readme.substring(end);
    if (Boolean.getBoolean("readme.write")) {
      Files.writeString(README, expected);
    } else {
      assertThat(readme)
          .as("run this test with -Dreadme.write=true to write the table anew")
          .isEqualTo(expected);
    }
  }

  private static String table(Config mim) {
    List<String> rows = new ArrayList<>();
    rows.add("| key | default | meaning |");
    rows.add("|---|---|---|");
    Map<String, ConfigValue> sorted = new TreeMap<>();
    mim.entrySet().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
    sorted.forEach((key, value) -> rows.add(row(key, value)));
    return String.join("\n", rows) + "\n";
  }

  private static String row(String key, ConfigValue value) {
    String text = value.render(ConfigRenderOptions.concise());
    String meaning =
        value.origin().comments().stream().map(String::strip).collect(Collectors.joining(" "));
    return "| `%s` | `%s` | %s |".formatted(key, text, meaning.replace("|", "\\|"));
  }
}
