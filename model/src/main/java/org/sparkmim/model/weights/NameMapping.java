package org.sparkmim.model.weights;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sparkmim.model.ModelException;

/**
 * Our tensors under another program's names, both ways: a pure function of names and shapes.
 *
 * @param table how each of our tensors is made from theirs
 * @param foreign patterns of their tensors that are no part of any model of ours, such as a
 *     classifier's head
 * @param beyondEncoder patterns of their tensors that belong to pre-training alone
 */
record NameMapping(NameTable table, List<String> foreign, List<String> beyondEncoder) {
  /** Their tensors of ours; our names that they have no name for go to {@code unknown}. */
  List<FloatTensor> toTheirs(Iterable<FloatTensor> ours, List<String> unknown) {
    List<FloatTensor> theirs = new ArrayList<>();
    for (FloatTensor tensor : ours) {
      List<NameTable.Rule> rules = table.rules(tensor.name());
      if (rules.isEmpty()) {
        unknown.add(tensor.name());
      } else {
        theirs.addAll(rules.get(0).conversion().split(tensor, rules.get(0).theirs()));
      }
    }
    return theirs;
  }

  /**
   * Our tensors from a file of theirs.
   *
   * @param prefix part of every name in the file that their program does not know; tensors without
   *     it are passed over
   * @param wanted shape of every tensor of ours that is needed, by name
   * @param optional those that may be missing
   * @throws ModelException INPUT that lists what is missing, unexpected or of another shape
   */
  Imported toOurs(
      SafetensorsReader file,
      String prefix,
      Part part,
      Map<String, List<Long>> wanted,
      Set<String> optional) {
    Misfits misfits = new Misfits();
    Map<String, FloatTensor> ours = new LinkedHashMap<>();
    List<String> stands = new ArrayList<>();
    Set<String> used = new HashSet<>();
    wanted.forEach(
        (name, shape) -> {
          List<NameTable.Rule> rules = table.rules(name);
          Optional<NameTable.Rule> present =
              rules.stream()
                  .filter(r -> r.theirs().stream().allMatch(t -> file.find(prefix + t).isPresent()))
                  .findFirst();
          if (present.isEmpty()) {
            if (!optional.contains(name)) {
              misfits.missing(
                  rules.isEmpty() ? name : prefix + rules.get(0).theirs().get(0), shape);
            }
            return;
          }
          NameTable.Rule rule = present.get();
          List<String> theirs = rule.theirs().stream().map(their -> prefix + their).toList();
          used.addAll(theirs);
          if (!rule.equals(rules.get(0))) {
            stands.add(rules.get(0).theirs().get(0) + " is taken from " + theirs.get(0));
          }
          if (misfits.floating(theirs.stream().map(file::tensor).toList())) {
            joined(file, rule, theirs, shape, misfits).ifPresent(tensor -> ours.put(name, tensor));
          }
        });
    List<String> passedOver = new ArrayList<>();
    for (TensorHeader tensor : file.tensors()) {
      if (used.contains(tensor.name())) {
        continue;
      }
      if (isPassedOver(tensor.name(), prefix, part)) {
        passedOver.add(tensor.name());
      } else {
        misfits.unexpected(tensor.name(), tensor.shape());
      }
    }
    misfits.refuse(file.origin());
    return new Imported(ours, passedOver, stands);
  }

  private boolean isPassedOver(String name, String prefix, Part part) {
    if (!name.startsWith(prefix)) {
      return true;
    }
    String their = name.substring(prefix.length());
    return foreign.stream().anyMatch(pattern -> NameTable.fits(pattern, their))
        || (part == Part.ENCODER
            && beyondEncoder.stream().anyMatch(pattern -> NameTable.fits(pattern, their)));
  }

  private static Optional<FloatTensor> joined(
      SafetensorsReader file,
      NameTable.Rule rule,
      List<String> theirs,
      List<Long> wanted,
      Misfits misfits) {
    List<FloatTensor> parts =
        theirs.stream().map(their -> FloatTensor.of(file, file.tensor(their))).toList();
    FloatTensor ours;
    try {
      ours = rule.conversion().join(rule.own(), parts);
    } catch (IllegalArgumentException e) {
      misfits.misshaped(theirs.get(0), parts.get(0).shape(), wanted);
      return Optional.empty();
    }
    if (!ours.shape().equals(wanted)) {
      misfits.misshaped(theirs.get(0), ours.shape(), wanted);
      return Optional.empty();
    }
    return Optional.of(ours);
  }
}
