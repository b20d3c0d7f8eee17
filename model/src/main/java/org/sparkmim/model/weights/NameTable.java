package org.sparkmim.model.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another program's names for our tensors, as a table of patterns: {@code #} is a number, {@code
 * #+} that number and one, {@code *} at the end the rest of a name. Where several lines fit a name,
 * the first is what is written; reading takes the first whose tensors are there.
 */
final class NameTable {
  /**
   * A line of the table.
   *
   * @param own our name; at most one {@code #} and one {@code *}
   * @param theirs their names
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

  /** Ways to make the tensor of ours, the usual one first; none if they have none such. */
  List<Rule> rules(String own) {
    List<Rule> rules = new ArrayList<>();
    for (Line line : lines) {
      Matcher name = line.own().matcher(own);
      if (name.matches()) {
        List<String> theirs = line.theirs().stream().map(their -> filled(their, name)).toList();
        rules.add(new Rule(own, theirs, line.conversion()));
      }
    }
    return rules;
  }

  /** Whether a name fits a pattern. */
  static boolean fits(String pattern, String name) {
    return pattern(pattern).matcher(name).matches();
  }

  private static Pattern pattern(String text) {
    return Pattern.compile(
        Pattern.quote(text)
            .replace("#", "\\E(?<number>\\d{1,6})\\Q")
            .replace("*", "\\E(?<rest>.*)\\Q"));
  }

  private static String filled(String their, Matcher own) {
    String name = their;
    if (name.contains("#+")) {
      name = name.replace("#+", String.valueOf(Integer.parseInt(own.group("number")) + 1));
    }
    if (name.contains("#")) {
      name = name.replace("#", own.group("number"));
    }
    return name.contains("*") ? name.replace("*", own.group("rest")) : name;
  }
}
