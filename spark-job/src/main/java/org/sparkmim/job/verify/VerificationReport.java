package org.sparkmim.job.verify;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * All comparisons with one bundle.
 *
 * @param file the bundle
 * @param model what the bundle holds
 * @param source the published program
 * @param engine engine and precision that computed this side
 * @param published what the published code itself shows in float32, where the bundle says so
 */
record VerificationReport(
    String file,
    String model,
    String source,
    String engine,
    List<TensorCheck> checks,
    Map<Group, Double> published) {
  VerificationReport {
    checks = List.copyOf(checks);
    published = Map.copyOf(published);
  }

  /** Whether something was compared and every group is within its outer limit. */
  boolean passed() {
    return !checks.isEmpty() && with(Verdict.MISSED).isEmpty();
  }

  List<TensorCheck> with(Verdict verdict) {
    return checks.stream().filter(check -> check.verdict() == verdict).toList();
  }

  /** Comparisons by group, in the order of the groups. */
  Map<Group, List<TensorCheck>> groups() {
    Map<Group, List<TensorCheck>> groups = new EnumMap<>(Group.class);
    for (TensorCheck check : checks) {
      groups.computeIfAbsent(check.group(), group -> new ArrayList<>()).add(check);
    }
    return groups;
  }

  /** The comparison with the largest error; not a number counts as the largest. */
  static TensorCheck worst(List<TensorCheck> checks) {
    return checks.stream().max(Comparator.comparingDouble(TensorCheck::error)).orElseThrow();
  }
}
