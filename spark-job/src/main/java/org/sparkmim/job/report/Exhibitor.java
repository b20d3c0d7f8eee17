package org.sparkmim.job.report;

import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.job.MimException;
import org.sparkmim.job.round.TeacherWeights;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

/**
 * Makes the pictures of a model.
 *
 * @param seed of its run
 */
record Exhibitor(Configuration hadoop, EngineSpec engine, ModelSpec spec, long seed) {

  private static final int PICTURES = 8;

  /**
   * Shows a checkpoint. Data and teacher may have moved away since training; everything else is
   * shown without them.
   *
   * @param dataset to show images of
   * @param named whether the user named it: then it must be there
   */
  Exhibition show(CheckpointWeights weights, String dataset, boolean named) {
    List<LearnedMixture> mixtures = LearnedMixture.of(spec, weights).stream().toList();
    Gallery gallery = Gallery.of(spec);
    String absence = "";
    List<Exhibition.Article> articles = List.of();
    try {
      if (dataset.isEmpty()) {
        throw new DataException(
            DataException.Kind.ARGUMENT, "this run was imported and has no dataset yet.");
      }
      Dataset images = Dataset.open(hadoop, dataset);
      absence = teachersAbsence();
      if (absence.isEmpty()) {
        articles =
            new Examples(spec, engine, weights, seed)
                .of(hadoop, images, PICTURES).stream()
                    .map(e -> new Exhibition.Article(e.name(), gallery.rows(e)))
                    .toList();
      }
    } catch (DataException e) {
      if (named) {
        throw e;
      }
      absence = "There are no pictures: " + e.getMessage() + " Name a dataset with --pictures.";
    }
    return new Exhibition(gallery.legend(), gallery.keys(), articles, absence, mixtures);
  }

  /** Why the teacher cannot be shown the images; empty if it can, or if there is none. */
  private String teachersAbsence() {
    if (spec.alignment() == null) {
      return "";
    }
    try {
      TeacherWeights.check(hadoop, spec);
      return "";
    } catch (MimException e) {
      return "There are no pictures, which take the teacher: " + e.getMessage();
    }
  }
}
