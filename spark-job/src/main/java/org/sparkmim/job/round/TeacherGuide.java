package org.sparkmim.job.round;

import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.order.Ranking;
import org.sparkmim.model.Network;
import org.sparkmim.model.Teacher;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.Alignment;
import org.sparkmim.model.method.MaskSpec;
import org.sparkmim.model.method.ModelSpec;

/**
 * What MaskAlign does between loading and training: the teacher looks at the whole images, its
 * attention draws the masks, and its features become the student's targets. One a network;
 * allocates nothing after construction.
 */
public final class TeacherGuide implements AutoCloseable {
  private final ModelSpec spec;
  private final Teacher teacher;
  private final boolean attentive;
  private final Ranking ranking;
  private final float[] importance;
  private final int[] keepIds;
  private final int[] restoreIds;
  private final float[] patches;
  private final float[][] targets;
  private final float[][] weights;

  /** The teacher of a specification, without weights. */
  public TeacherGuide(ModelSpec spec, EngineSpec engine, int batch) {
    this.spec = spec;
    Alignment alignment = spec.alignment();
    int tokens = spec.tokens();
    teacher = Teacher.create(spec, engine, batch, alignment.levels());
    attentive = spec.masking().strategy() == MaskSpec.Strategy.ATTENTION;
    ranking = new Ranking(tokens);
    importance = new float[batch * tokens];
    keepIds = new int[batch * spec.keep()];
    restoreIds = new int[batch * tokens];
    patches = new float[batch * spec.keep() * spec.patchWidth()];
    int rows = batch * (1 + spec.keep());
    targets = new float[alignment.levels()][rows * alignment.teacher().shape().width()];
    weights = new float[alignment.levels()][rows];
  }

  /**
   * Reads the teacher's weights from where the specification says.
   *
   * @throws org.sparkmim.job.MimException (input) if it is not the file of such a teacher
   */
  public void load(Configuration hadoop) {
    TeacherWeights.load(hadoop, spec.alignment().teacher(), teacher);
  }

  /**
   * Feeds a network with what the teacher makes of a minibatch of all patches.
   *
   * @param count rows that count; the others weigh nothing
   */
  public void feed(Network network, Minibatch batch, int count) {
    teacher.look(batch.patches());
    mask(batch);
    int keep = spec.keep();
    int width = spec.patchWidth();
    for (int i = 0; i < keepIds.length; i++) {
      int from = (i / keep * spec.tokens() + keepIds[i]) * width;
      System.arraycopy(batch.patches(), from, patches, i * width, width);
    }
    for (int level = 0; level < targets.length; level++) {
      teacher.targets(level, keepIds, targets[level]);
      Arrays.fill(weights[level], 0, count * (1 + keep), 1);
      Arrays.fill(weights[level], count * (1 + keep), weights[level].length, 0);
    }
    network.feed(patches, keepIds, restoreIds, targets, weights);
  }

  /** Visible patches of what was fed last {@code [B, K]}; the next feed overwrites them. */
  public int[] keepIds() {
    return keepIds;
  }

  /** Per level, targets of what was fed last {@code [B, K+1, D]}; as {@link #keepIds}. */
  public float[][] targets() {
    return targets;
  }

  /** Per level, what each row of the targets weighs in the loss {@code [B, K+1]}. */
  public float[][] weights() {
    return weights;
  }

  /** How much the teacher's cls attends to each patch of what was fed last {@code [B, L]}. */
  public float[] importance() {
    teacher.importance(importance);
    return importance;
  }

  private void mask(Minibatch batch) {
    if (!attentive) {
      System.arraycopy(batch.keepIds(), 0, keepIds, 0, keepIds.length);
      return;
    }
    teacher.importance(importance);
    int tokens = spec.tokens();
    for (int b = 0; b < batch.size(); b++) {
      ranking
          .byImportance(batch.noise(), b * tokens, importance, b * tokens)
          .into(spec.keep(), keepIds, b * spec.keep(), restoreIds, b * tokens);
    }
  }

  @Override
  public void close() {
    teacher.close();
  }
}
