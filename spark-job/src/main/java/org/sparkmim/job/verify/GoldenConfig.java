package org.sparkmim.job.verify;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/** The settings of a bundle's published program; a missing or odd one is a refusal of the file. */
final class GoldenConfig {
  private final JsonNode root;
  private final String path;
  private final Function<String, ? extends RuntimeException> refusal;

  /**
   * @param refusal makes the refusal of the file from a reason
   */
  GoldenConfig(JsonNode root, Function<String, ? extends RuntimeException> refusal) {
    this(root, "", refusal);
  }

  private GoldenConfig(
      JsonNode root, String path, Function<String, ? extends RuntimeException> refusal) {
    this.root = root;
    this.path = path;
    this.refusal = refusal;
  }

  /** Where in the file this is: empty, or "cosine[1]". */
  String path() {
    return path;
  }

  /** Names of the settings. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    root.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** Dots in a key lead into objects: {@code optimizer.lr}. */
  boolean has(String key) {
    return !find(key).isMissingNode();
  }

  int integer(String key) {
    return get(key, "a whole number", GoldenConfig::isInt, JsonNode::intValue);
  }

  double number(String key) {
    return get(key, "a number", JsonNode::isNumber, JsonNode::doubleValue);
  }

  boolean flag(String key) {
    return get(key, "true or false", JsonNode::isBoolean, JsonNode::booleanValue);
  }

  String text(String key) {
    return get(key, "text", JsonNode::isTextual, JsonNode::textValue);
  }

  List<Integer> integers(String key) {
    return list(key, "whole numbers", GoldenConfig::isInt, JsonNode::intValue);
  }

  List<Double> numbers(String key) {
    return list(key, "numbers", JsonNode::isNumber, JsonNode::doubleValue);
  }

  List<String> texts(String key) {
    return list(key, "texts", JsonNode::isTextual, JsonNode::textValue);
  }

  /** The objects of a list, or the one object that stands there instead. */
  List<GoldenConfig> objects(String key) {
    JsonNode found = get(key, "a list of objects", JsonNode::isContainerNode, Function.identity());
    if (found.isObject()) {
      return List.of(new GoldenConfig(found, path(key), refusal));
    }
    List<GoldenConfig> objects = new ArrayList<>();
    for (JsonNode element : found) {
      if (!element.isObject()) {
        throw odd(key, element, "an object");
      }
      objects.add(new GoldenConfig(element, path(key) + "[" + objects.size() + "]", refusal));
    }
    return objects;
  }

  /** The objects in an object by their names, which may have dots. */
  Map<String, GoldenConfig> objectsByName(String key) {
    Map<String, GoldenConfig> objects = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : object(key).properties()) {
      if (!each.getValue().isObject()) {
        throw odd(key, each.getValue(), "an object");
      }
      String inner = path(key) + "." + each.getKey();
      objects.put(each.getKey(), new GoldenConfig(each.getValue(), inner, refusal));
    }
    return objects;
  }

  /** The numbers in an object by their names, which may have dots. */
  Map<String, Double> numbersByName(String key) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : object(key).properties()) {
      if (!each.getValue().isNumber()) {
        throw odd(key, each.getValue(), "a number");
      }
      numbers.put(each.getKey(), each.getValue().doubleValue());
    }
    return numbers;
  }

  /** A list of {@code rows} lists of {@code width} numbers, one after the other. */
  double[] matrix(String key, long rows, int width) {
    JsonNode found = get(key, "a list of rows", JsonNode::isArray, Function.identity());
    if (found.size() != rows) {
      throw refusal.apply(
          "its " + path(key) + " has " + found.size() + " rows where " + rows + " belong");
    }
    double[] numbers = new double[Math.toIntExact(rows * width)];
    int at = 0;
    for (JsonNode row : found) {
      if (!row.isArray() || row.size() != width) {
        throw odd(key, row, "a row of " + width + " numbers");
      }
      for (JsonNode number : row) {
        if (!number.isNumber()) {
          throw odd(key, number, "a number");
        }
        numbers[at++] = number.doubleValue();
      }
    }
    return numbers;
  }

  private JsonNode object(String key) {
    return get(key, "an object", JsonNode::isObject, Function.identity());
  }

  /** Refuses a bundle made with a setting that is built in here with another value. */
  void requireNumber(String key, double builtIn) {
    if (number(key) != builtIn) {
      throw refusal.apply(
          String.format(
              "it was made with %s = %s, and only %s is supported", key, number(key), builtIn));
    }
  }

  /** Refuses a bundle made with a setting that is built in here with another value. */
  void requireText(String key, String builtIn) {
    if (!text(key).equals(builtIn)) {
      throw refusal.apply(
          String.format(
              "it was made with %s = %s, and only %s is supported", key, text(key), builtIn));
    }
  }

  /** Refuses a bundle made without something that is always there. */
  void requireTrue(String key) {
    if (!flag(key)) {
      throw refusal.apply("it was made with " + key + " = false, and only true is supported");
    }
  }

  private static boolean isInt(JsonNode node) {
    return node.canConvertToInt() && node.canConvertToExactIntegral();
  }

  private <T> List<T> list(
      String key, String kind, Predicate<JsonNode> fits, Function<JsonNode, T> value) {
    JsonNode array = get(key, "a list of " + kind, JsonNode::isArray, Function.identity());
    List<T> values = new ArrayList<>();
    for (JsonNode element : array) {
      if (!fits.test(element)) {
        throw odd(key, element, kind);
      }
      values.add(value.apply(element));
    }
    return values;
  }

  private <T> T get(
      String key, String kind, Predicate<JsonNode> fits, Function<JsonNode, T> value) {
    JsonNode node = find(key);
    if (node.isMissingNode()) {
      throw refusal.apply("its config lacks '" + path(key) + "'");
    }
    if (!fits.test(node)) {
      throw odd(key, node, kind);
    }
    return value.apply(node);
  }

  private RuntimeException odd(String key, JsonNode found, String kind) {
    String shown = found.toString();
    return refusal.apply(
        String.format(
            "its config has %s = %s where %s belongs",
            path(key), shown.length() > 60 ? shown.substring(0, 60) + "\u2026" : shown, kind));
  }

  private String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private JsonNode find(String key) {
    JsonNode node = root;
    for (String part : key.split("\\.")) {
      node = node.path(part);
    }
    return node;
  }
}
