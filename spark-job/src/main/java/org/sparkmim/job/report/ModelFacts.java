package org.sparkmim.job.report;

import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.sparkmim.job.report.ReportContent.Fact;
import org.sparkmim.model.method.Alignment;
import org.sparkmim.model.method.MaskSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.TargetSpec;

/** What a model is, in words; blocks count from 1. */
final class ModelFacts {

  private final ModelSpec spec;
  private final List<Fact> facts = new ArrayList<>();

  private ModelFacts(ModelSpec spec) {
    this.spec = spec;
  }

  /**
   * The facts of a model.
   *
   * @param model section of the recipe
   */
  static List<Fact> of(ModelSpec spec, Config model) {
    ModelFacts facts = new ModelFacts(spec);
    facts.common(model.getString("arch"));
    switch (spec.method()) {
      case LOCALMIM -> facts.add("Decoders on blocks", blocks(spec.taps()));
      case MAE -> facts.add("Decoder on block", blocks(spec.taps()));
      case MFF -> facts.add("Fused blocks", blocks(spec.fused()));
      case MASKALIGN -> facts.alignment(model.getString("teacher.arch"));
    }
    if (spec.alignment() == null) {
      facts.decoder();
    }
    return List.copyOf(facts.facts);
  }

  private void common(String arch) {
    add("Method", spec.method().title());
    add("Encoder", arch);
    add("Sizes", spec.encoder().describe());
    add("Image, patch", spec.imageSize() + " px, " + spec.patchSize() + " px");
    long hidden = Math.round(100.0 * (spec.tokens() - spec.keep()) / spec.tokens());
    add("Hidden patches", hidden + " %, " + masking());
    add("Target", target());
  }

  private void decoder() {
    add("Cells", list(spec.cellSizes()) + " px");
    ModelSpec.Decoder decoder = spec.decoder();
    add(
        spec.outputs().size() > 1 ? "Decoders, each" : "Decoder",
        "width " + decoder.width() + ", depth " + decoder.depth() + ", heads " + decoder.heads());
  }

  private void alignment(String arch) {
    Alignment alignment = spec.alignment();
    Alignment.Teacher teacher = alignment.teacher();
    add("Teacher", teacher.family().key() + ", " + arch);
    add("Its sizes", teacher.shape().describe());
    add("Its weights", Report.shown(teacher.weights()));
    add("Matched", "its last " + alignment.levels() + " blocks");
    add("Mixed blocks", blocks(spec.taps()) + ", " + alignment.mixing().key());
  }

  private String masking() {
    MaskSpec masking = spec.masking();
    return switch (masking.strategy()) {
      case RANDOM -> "at random";
      case UNITS -> "in random squares of " + masking.unit() + " px";
      case BLOCK -> "in random rectangles";
      case ATTENTION -> "more likely where the teacher attends little";
    };
  }

  private String target() {
    TargetSpec target = spec.target();
    return switch (target.kind()) {
      case HOG ->
          "HOG, " + target.bins() + " orientations" + (target.bias() ? ", with a frozen bias" : "");
      case PIXELS -> "pixels" + normalised();
      case LOW_FREQUENCY ->
          "pixels, frequencies up to " + target.radius() + " cycles of 224 px" + normalised();
      case TEACHER -> "features of a frozen teacher";
    };
  }

  private String normalised() {
    return spec.target().normalise() ? ", each cell normalised" : "";
  }

  private static String blocks(List<Integer> blocks) {
    return list(blocks.stream().map(block -> block + 1).toList());
  }

  private static String list(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  private void add(String name, String value) {
    facts.add(new Fact(name, value, ""));
  }
}
