package org.sparkmim.model.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another program's names for our tensors, as a table of patterns: {@code #} is a number, {@code *}
 * at the end the rest of a name. The first line that fits counts.
 */
final class NameTable {
  /**
   * A line of the table.
   *
   * @param own pattern of our names
   * @param theirs their names, with the same {@code #} and {@code *} in the same order
   */
  private record Line(Pattern own, List<String> theirs, Conversion conversion) {}

  /**
   * How one tensor of ours is made.
   *
   * @param own its name
   * @param theirs the tensors it is made from, in order
   */
  record Rule(String own, List<String> theirs, Conversion conversion) {}

  private final List<Line> lines = new ArrayList<>();

  /** Adds a line for tensors that have only another name. */
  NameTable same(String own, String theirs) {
    return line(Conversion.SAME, own, theirs);
  }

  /** Adds a line. */
  NameTable line(Conversion conversion, String own, String... theirs) {
    lines.add(new Line(pattern(own), List.of(theirs), conversion));
    return this;
  }

  /** How the tensor of ours is made; empty if they have none such. */
  Optional<Rule> rule(String own) {
    for (Line line : lines) {
      Matcher name = line.own().matcher(own);
      if (name.matches()) {
        List<String> theirs = line.theirs().stream().map(their -> filled(their, name)).toList();
        return Optional.of(new Rule(own, theirs, line.conversion()));
      }
    }
    return Optional.empty();
  }

  private static Pattern pattern(String text) {
    StringBuilder regex = new StringBuilder();
    for (char c : text.toCharArray()) {
      switch (c) {
        case '#' -> regex.append("(\\d+)");
        case '*' -> regex.append("(.*)");
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString());
  }

  private static String filled(String their, Matcher own) {
    StringBuilder name = new StringBuilder();
    int group = 1;
    for (char c : their.toCharArray()) {
      name.append(c == '#' || c == '*' ? own.group(group++) : c);
    }
    return name.toString();
  }
}
