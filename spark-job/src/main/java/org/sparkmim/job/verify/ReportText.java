package org.sparkmim.job.verify;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A verification for people: every tensor, then one line a group, then what to look at. */
final class ReportText {
  private ReportText() {}

  static void print(VerificationReport report, PrintWriter out) {
    out.println("bundle  " + report.file());
    out.println("model   " + report.model() + " from " + report.source());
    out.println("engine  " + report.engine());
    report.groups().forEach((group, checks) -> tensors(group, checks, out));
    summary(report, out);
    named(report.with(Verdict.WITHIN_ACCEPT), "Beyond \"aim for\": real differences", out);
    named(report.with(Verdict.MISSED), "Beyond \"accept\"", out);
    out.println();
    out.println(
        report.passed() ? "PASSED: every group is within its limit." : "FAILED: see above.");
    out.flush();
  }

  private static void tensors(Group group, List<TensorCheck> checks, PrintWriter out) {
    out.println();
    out.println(group.title() + limits(group));
    for (TensorCheck check : checks) {
      String flag = check.verdict() == Verdict.WITHIN_AIM ? "" : "  <- " + check.verdict().words();
      out.println("  " + error(check.error()) + "  " + check.tensor() + note(check) + flag);
    }
  }

  private static void summary(VerificationReport report, PrintWriter out) {
    out.println();
    String row = "%-42s %7s  %8s  %9s  %6s  %6s  %-11s %s";
    out.println(
        line(
            row,
            "group",
            "tensors",
            "worst",
            "published",
            "aim",
            "accept",
            "verdict",
            "worst tensor"));
    Map<Group, Double> published = report.published();
    report
        .groups()
        .forEach(
            (group, checks) -> {
              TensorCheck worst = VerificationReport.worst(checks);
              out.println(
                  line(
                      row,
                      group.title(),
                      checks.size(),
                      error(worst.error()),
                      published.containsKey(group) ? error(published.get(group)) : "",
                      limit(group.aim()),
                      limit(group.accept()),
                      worst.verdict().words(),
                      worst.tensor()));
            });
    if (!published.isEmpty()) {
      out.println("published: the published code in float32 against itself in float64");
    }
  }

  private static void named(List<TensorCheck> checks, String title, PrintWriter out) {
    if (checks.isEmpty()) {
      return;
    }
    out.println();
    out.println(title + ":");
    for (TensorCheck check : checks) {
      out.println(
          line(
              "  %s  %s (%s)%s",
              error(check.error()), check.tensor(), check.group().title(), note(check)));
    }
  }

  private static String limits(Group group) {
    return group.accept() == 0
        ? " (nothing may differ)"
        : " (accept " + limit(group.accept()) + ", aim for " + limit(group.aim()) + ")";
  }

  private static String note(TensorCheck check) {
    return check.note().isEmpty() ? "" : "  (" + check.note() + ")";
  }

  private static String error(double error) {
    return line("%8.2e", error);
  }

  private static String limit(double limit) {
    return limit == 0 ? "exact" : line("%.0e", limit);
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
