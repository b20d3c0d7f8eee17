package org.sparkmim.model.weights;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.ModelException;

/** What keeps a file from being a model's weights, all of it in one message. */
final class Misfits {
  /** Of each kind, so many are named; a wrong depth alone misses dozens. */
  private static final int NAMED = 4;

  private final List<String> missing = new ArrayList<>();
  private final List<String> unexpected = new ArrayList<>();
  private final List<String> misshaped = new ArrayList<>();
  private final List<String> mistyped = new ArrayList<>();

  void missing(String name, List<Long> expected) {
    missing.add(name + " " + expected);
  }

  void unexpected(String name, List<Long> found) {
    unexpected.add(Refusal.quoted(name) + " " + found);
  }

  void misshaped(String name, List<Long> found, List<Long> expected) {
    misshaped.add(Refusal.quoted(name) + " is " + found + " where " + expected + " is needed");
  }

  /** Whether all of these hold floating-point numbers; those that do not are remembered. */
  boolean floating(List<TensorHeader> tensors) {
    int before = mistyped.size();
    for (TensorHeader tensor : tensors) {
      if (!tensor.type().isFloating()) {
        mistyped.add(Refusal.quoted(tensor.name()) + " " + tensor.type());
      }
    }
    return mistyped.size() == before;
  }

  /** Throws, unless there is nothing to say. */
  void refuse(String origin) {
    List<String> parts = new ArrayList<>();
    add(parts, missing, "missing");
    add(parts, unexpected, "not of this model");
    add(parts, misshaped, "of another shape");
    add(parts, mistyped, "no floating-point numbers");
    if (!parts.isEmpty()) {
      throw new ModelException(
          ModelException.Kind.INPUT,
          "The tensors of "
              + origin
              + " do not fit the model: "
              + String.join("; ", parts)
              + ". Give the format, the method and the sizes that the file was made with.");
    }
  }

  private static void add(List<String> parts, List<String> found, String what) {
    if (!found.isEmpty()) {
      String named = String.join(", ", found.subList(0, Math.min(NAMED, found.size())));
      parts.add(
          found.size() + " " + what + ": " + named + (found.size() > NAMED ? ", \u2026" : ""));
    }
  }
}
