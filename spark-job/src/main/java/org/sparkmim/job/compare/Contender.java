package org.sparkmim.job.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.sparkmim.job.MimException;

/**
 * What competes: a method, and its share of the minutes.
 *
 * @param name of its row and of its runs' directories
 * @param method as in {@code model.method}
 */
record Contender(String name, String method, double share) {
  static final String LOCALMIM = "localmim";
  static final String MAE = "mae";
  static final String MASKALIGN = "maskalign";

  /** LocalMIM against MAE is said to need less than a third of the time (3.1 times faster). */
  static final Contender THIRD = new Contender("localmim-third", LOCALMIM, 1.0 / 3);

  /**
   * The contenders of a comparison, a teacher before its student.
   *
   * @throws MimException (usage) for methods that cannot be compared
   */
  static List<Contender> of(List<String> methods) {
    if (methods.isEmpty() || methods.stream().distinct().count() < methods.size()) {
      throw MimException.usage(
          "--methods = "
              + String.join(",", methods)
              + " must name each method once, as in localmim,mae.");
    }
    if (methods.contains(MASKALIGN) && !methods.contains(LOCALMIM)) {
      throw MimException.usage(
          "--methods = "
              + String.join(",", methods)
              + " has maskalign without localmim, whose run of the first seed is its teacher. Add"
              + " localmim.");
    }
    List<Contender> contenders = new ArrayList<>();
    Stream.concat(
            methods.stream().filter(LOCALMIM::equals),
            methods.stream().filter(method -> !method.equals(LOCALMIM)))
        .forEach(method -> contenders.add(new Contender(method, method, 1)));
    if (methods.contains(LOCALMIM) && methods.contains(MAE)) {
      contenders.add(THIRD);
    }
    return contenders;
  }

  /** Whether it learns from another contender's run. */
  boolean needsTeacher() {
    return method.equals(MASKALIGN);
  }
}
