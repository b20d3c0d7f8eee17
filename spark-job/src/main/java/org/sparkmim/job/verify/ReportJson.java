package org.sparkmim.job.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A verification for programs: one JSON object. */
final class ReportJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ReportJson() {}

  static String render(VerificationReport report) {
    ObjectNode root = JSON.createObjectNode();
    root.put("file", report.file());
    root.put("model", report.model());
    root.put("source", report.source());
    root.put("engine", report.engine());
    root.put("passed", report.passed());
    ArrayNode groups = root.putArray("groups");
    report.groups().forEach((group, checks) -> group(groups.addObject(), group, checks, report));
    names(root.putArray("beyondAim"), report.with(Verdict.WITHIN_ACCEPT));
    names(root.putArray("missed"), report.with(Verdict.MISSED));
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of numbers and texts cannot be written", e);
    }
  }

  private static void group(
      ObjectNode node, Group group, List<TensorCheck> checks, VerificationReport report) {
    TensorCheck worst = VerificationReport.worst(checks);
    node.put("group", group.key());
    node.put("accept", group.accept());
    node.put("aim", group.aim());
    if (report.published().containsKey(group)) {
      node.put("published", report.published().get(group));
    }
    node.put("worst", worst.error());
    node.put("worstTensor", worst.tensor());
    node.put("verdict", word(worst.verdict()));
    ArrayNode tensors = node.putArray("tensors");
    for (TensorCheck check : checks) {
      ObjectNode tensor = tensors.addObject();
      tensor.put("name", check.tensor());
      tensor.put("error", check.error());
      tensor.put("verdict", word(check.verdict()));
      if (!check.note().isEmpty()) {
        tensor.put("note", check.note());
      }
    }
  }

  private static void names(ArrayNode names, List<TensorCheck> checks) {
    checks.forEach(check -> names.add(check.tensor()));
  }

  private static String word(Verdict verdict) {
    return switch (verdict) {
      case WITHIN_AIM -> "within-aim";
      case WITHIN_ACCEPT -> "beyond-aim";
      case MISSED -> "missed";
    };
  }
}
