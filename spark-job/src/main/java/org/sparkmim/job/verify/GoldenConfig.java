package org.sparkmim.job.verify;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/** The settings of a bundle's published program; a missing or odd one is a refusal of the file. */
final class GoldenConfig {
  private final JsonNode root;
  private final GoldenBundle bundle;

  GoldenConfig(JsonNode root, GoldenBundle bundle) {
    this.root = root;
    this.bundle = bundle;
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

  /** Refuses a bundle made with a setting that is built in here with another value. */
  void requireNumber(String key, double builtIn) {
    if (number(key) != builtIn) {
      throw bundle.refusal(
          String.format(
              "it was made with %s = %s, and only %s is supported", key, number(key), builtIn));
    }
  }

  /** Refuses a bundle made with a setting that is built in here with another value. */
  void requireText(String key, String builtIn) {
    if (!text(key).equals(builtIn)) {
      throw bundle.refusal(
          String.format(
              "it was made with %s = %s, and only %s is supported", key, text(key), builtIn));
    }
  }

  /** Refuses a bundle made without something that is always there. */
  void requireTrue(String key) {
    if (!flag(key)) {
      throw bundle.refusal("it was made with " + key + " = false, and only true is supported");
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
      throw bundle.refusal("its config lacks '" + key + "'");
    }
    if (!fits.test(node)) {
      throw odd(key, node, kind);
    }
    return value.apply(node);
  }

  private RuntimeException odd(String key, JsonNode found, String kind) {
    String shown = found.toString();
    return bundle.refusal(
        String.format(
            "its config has %s = %s where %s belongs",
            key, shown.length() > 60 ? shown.substring(0, 60) + "\u2026" : shown, kind));
  }

  private JsonNode find(String key) {
    JsonNode node = root;
    for (String part : key.split("\\.")) {
      node = node.path(part);
    }
    return node;
  }
}
