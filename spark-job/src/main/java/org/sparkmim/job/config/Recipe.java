package org.sparkmim.job.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sparkmim.job.MimException;

/**
 * A resolved recipe: every key of the modules' {@code reference.conf} (root {@code mim}), with the
 * recipe file's and then the command line's values over the defaults. Keys are written relative to
 * {@code mim}, as in {@code train.epochs}.
 */
public final class Recipe {
  private static final String ROOT = "mim";
  private static final ConfigRenderOptions COMPACT = ConfigRenderOptions.concise();

  /** A value as resolved, in JSON, and where it came from. */
  public record Origin(String value, String source) {}

  private final Config resolved;
  private final SortedMap<String, Origin> origins;

  private Recipe(Config resolved, SortedMap<String, Origin> origins) {
    this.resolved = resolved;
    this.origins = origins;
  }

  /** The defaults alone. */
  public static Recipe defaults() {
    return load(Optional.empty(), Map.of());
  }

  /**
   * Lays the overrides over the recipe file over the defaults.
   *
   * @param file recipe in HOCON, keys relative to {@code mim}
   * @param overrides key to value; a value that starts with {@code [}, <code>{</code> or a quote is
   *     read as HOCON, any other as the plain text it is
   * @throws MimException (usage) for a file that cannot be read, wrong syntax, or an unknown key
   */
  public static Recipe load(Optional<Path> file, Map<String, String> overrides) {
    Config reference =
        ConfigFactory.parseResources(Recipe.class.getClassLoader(), "reference.conf")
            .resolve()
            .getConfig(ROOT);
    return over(reference, file, overrides);
  }

  static Recipe over(Config reference, Optional<Path> file, Map<String, String> overrides) {
    Config fromFile = file.map(Recipe::parse).orElse(ConfigFactory.empty());
    Config fromOverrides = ConfigFactory.empty();
    for (Map.Entry<String, String> override : overrides.entrySet()) {
      fromOverrides = parse(override).withFallback(fromOverrides);
    }
    KnownKeys known = new KnownKeys(reference.root());
    known.check(fromFile.root());
    known.check(fromOverrides.root());
    Config resolved;
    try {
      resolved = fromOverrides.withFallback(fromFile).withFallback(reference).resolve();
    } catch (ConfigException e) {
      throw MimException.usage("Cannot resolve the recipe: " + e.getMessage(), e);
    }
    return new Recipe(resolved, origins(resolved, fromFile, fromOverrides));
  }

  private static Config parse(Path file) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw MimException.usage(
          "Cannot read the recipe "
              + file
              + ": it is not a readable file. Name an existing one with --conf; examples lie in"
              + " conf/recipes.");
    }
    try {
      return ConfigFactory.parseFile(
          file.toFile(),
          ConfigParseOptions.defaults().setAllowMissing(false).setSyntax(ConfigSyntax.CONF));
    } catch (ConfigException e) {
      throw MimException.usage("Cannot read the recipe " + file + ": " + e.getMessage(), e);
    }
  }

  private static Config parse(Map.Entry<String, String> override) {
    String key = override.getKey();
    String text = override.getValue().strip();
    String source = "-D " + key;
    try {
      ConfigUtil.splitPath(key);
      ConfigValue value =
          structured(text)
              ? ConfigFactory.parseString("value = " + text).getValue("value")
              : ConfigValueFactory.fromAnyRef(text);
      return ConfigFactory.empty()
          .withValue(key, value.withOrigin(ConfigOriginFactory.newSimple(source)));
    } catch (ConfigException e) {
      throw MimException.usage(
          "Cannot read " + source + "=" + text + ": " + e.getMessage() + ". Write -D a.b=value.",
          e);
    }
  }

  private static boolean structured(String text) {
    return text.startsWith("[") || text.startsWith("{") || text.startsWith("\"");
  }

  private static SortedMap<String, Origin> origins(Config resolved, Config file, Config overrides) {
    SortedMap<String, Origin> origins = new TreeMap<>();
    for (Map.Entry<String, ConfigValue> entry : resolved.entrySet()) {
      String key = entry.getKey();
      String source = "default";
      if (overrides.hasPathOrNull(key)) {
        source = "-D " + key;
      } else if (file.hasPathOrNull(key)) {
        source = file.getValue(key).origin().description();
      }
      origins.put(key, new Origin(entry.getValue().render(COMPACT), source));
    }
    return origins;
  }

  /**
   * A section such as {@code model}, with keys relative to it.
   *
   * @throws ConfigException.Missing when no module defines it
   */
  public Config section(String name) {
    return resolved.getConfig(name);
  }

  /** The whole recipe, keys relative to {@code mim}. */
  public Config config() {
    return resolved;
  }

  /** Every key in order, with its value and where it came from. */
  public SortedMap<String, Origin> origins() {
    return new TreeMap<>(origins);
  }

  /** This recipe with values that a command fills in, named by {@code source}. */
  public Recipe with(String key, Object value, String source) {
    ConfigValue wrapped =
        ConfigValueFactory.fromAnyRef(value).withOrigin(ConfigOriginFactory.newSimple(source));
    SortedMap<String, Origin> named = origins();
    named.put(key, new Origin(wrapped.render(COMPACT), source));
    return new Recipe(resolved.withValue(key, wrapped), named);
  }

  /** This recipe with the value of an option; as it is where the option was not given (null). */
  public Recipe withOption(String key, Object value, String option) {
    return value == null ? this : with(key, value, option);
  }

  /** The recipe as HOCON that loads to the same values, one key a line with its origin. */
  public String render() {
    StringBuilder text = new StringBuilder();
    origins.forEach(
        (key, origin) ->
            text.append(key)
                .append(" = ")
                .append(origin.value())
                .append("  # ")
                .append(origin.source())
                .append('\n'));
    return text.toString();
  }

  /** The keys that a recipe may hold. */
  private record KnownKeys(ConfigObject reference) {

    void check(ConfigObject given) {
      check("", reference, given);
    }

    private void check(String prefix, ConfigObject allowed, ConfigObject given) {
      for (Map.Entry<String, ConfigValue> entry : given.entrySet()) {
        String key = prefix + entry.getKey();
        ConfigValue value = entry.getValue();
        ConfigValue model = allowed.get(entry.getKey());
        if (model == null) {
          throw unknown(prefix, allowed, key, value);
        }
        String where = value.origin().description();
        boolean isSection = model.valueType() == ConfigValueType.OBJECT;
        if (isSection != (value.valueType() == ConfigValueType.OBJECT)) {
          throw MimException.usage(
              where
                  + ": "
                  + key
                  + (isSection ? " is a section, not a value." : " is a value, not a section.")
                  + (isSection
                      ? " Its keys: " + paths(key + ".", (ConfigObject) model) + "."
                      : ""));
        }
        if (isSection) {
          check(key + ".", (ConfigObject) model, (ConfigObject) value);
        }
      }
    }

    private MimException unknown(
        String prefix, ConfigObject allowed, String key, ConfigValue value) {
      if (value instanceof ConfigObject object && !object.isEmpty()) {
        Map.Entry<String, ConfigValue> first = object.entrySet().iterator().next();
        return unknown(prefix, allowed, key + "." + first.getKey(), first.getValue());
      }
      List<String> here = paths(prefix, allowed);
      List<String> everywhere = paths("", reference);
      String advice =
          Nearest.to(key, here)
              .or(() -> Nearest.to(key, everywhere))
              .or(() -> everywhere.stream().filter(path -> path.endsWith("." + key)).findFirst())
              .map(near -> "Did you mean " + near + "?")
              .orElse("Known here: " + String.join(", ", here) + ".");
      return MimException.usage(
          value.origin().description() + ": unknown key " + key + ". " + advice);
    }

    private static List<String> paths(String prefix, ConfigObject object) {
      return object.toConfig().entrySet().stream()
          .map(entry -> prefix + entry.getKey())
          .sorted()
          .toList();
    }
  }
}
