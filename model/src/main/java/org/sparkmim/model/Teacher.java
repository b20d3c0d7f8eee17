package org.sparkmim.model;

import java.util.Map;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.method.Alignment;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.TeacherModel;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.nn.PatchResampler;
import org.sparkmim.model.nn.Positions;

/**
 * MaskAlign's frozen teacher: looks at whole images, says which patches matter, and gives the
 * student's targets. For one thread at a time; allocates nothing after construction.
 */
public final class Teacher implements AutoCloseable {
  /** Of the layer norm without affine that targets go through (methods 4.1, "whiten"). */
  private static final double TARGET_EPS = 1e-5;

  private final TeacherModel model;
  private final ParameterLayout layout;
  private final ParameterVectors state;
  private final Program program;
  private final int batch;
  private final int tokens;
  private final int width;
  private final int heads;
  private final float[] stream;
  private final float[] attention;
  private final PatchResampler resampler;
  private final float[] resampled;

  private Teacher(ModelSpec spec, EngineSpec engine, int batch, int levels) {
    Alignment.Teacher teacher = spec.alignment().teacher();
    this.batch = batch;
    tokens = spec.tokens();
    width = teacher.shape().width();
    heads = teacher.shape().heads();
    model = TeacherModel.build(teacher, spec.grid(), levels, batch);
    layout = ParameterLayout.of(model.graph());
    state = ParameterVectors.frozen(layout.size());
    program = engine.engine().compile(model.graph(), state, options(engine));
    stream = new float[batch * (tokens + 1) * width];
    attention = new float[Math.toIntExact(model.attention().size())];
    int patch = teacher.shape().patchSize();
    boolean same = patch == spec.patchSize();
    resampler = same ? null : new PatchResampler(spec.grid(), spec.patchSize(), patch);
    resampled = new float[same ? 0 : Math.toIntExact(model.patches().size())];
  }

  private static Engine.Options options(EngineSpec engine) {
    return new Engine.Options(false, false, engine.precision());
  }

  private static TeacherModel model(ModelSpec spec, int batch) {
    Alignment alignment = spec.alignment();
    return TeacherModel.build(alignment.teacher(), spec.grid(), alignment.levels(), batch);
  }

  /** Bytes that the engine will plan for the teacher of a specification. */
  static long engineBytes(ModelSpec spec, EngineSpec engine, int batch) {
    return engine.engine().plannedBytes(model(spec, batch).graph(), options(engine));
  }

  /**
   * Bytes that the teacher of a specification will take beside its engine's: parameters, and copies
   * of patches, a stream and the attention on the Java heap.
   */
  static long hostBytes(ModelSpec spec, int batch) {
    TeacherModel model = model(spec, batch);
    long copies = model.hidden().get(0).size() + model.attention().size() + model.patches().size();
    return Float.BYTES * (ParameterLayout.of(model.graph()).size() + copies);
  }

  /**
   * The teacher of a specification, for batches of {@code batch} images, with all weights zero.
   *
   * @param levels how many of its last blocks give targets
   */
  public static Teacher create(ModelSpec spec, EngineSpec engine, int batch, int levels) {
    return new Teacher(spec, engine, batch, levels);
  }

  /** Width of its tokens, D. */
  public int width() {
    return width;
  }

  /** The parameters that {@link #load} wants, beside {@code pos_embed}. */
  public ParameterLayout layout() {
    return layout;
  }

  /**
   * Takes its weights.
   *
   * @param weights numbers by the names of MAE: those of {@link #layout} and {@code pos_embed} of
   *     {@code (L'+1) * D} numbers, cls first, for any square grid of L' patches
   * @param gain what each colour channel of {@link #look}'s patches is multiplied by to get what
   *     the teacher was trained on
   * @param offset what is added after that
   */
  public void load(Map<String, float[]> weights, double[] gain, double[] offset) {
    OffHeap parameters = new OffHeap(state.parameters(), state.size());
    for (ParameterLayout.Entry entry : layout.entries()) {
      float[] numbers = weights.get(entry.name()).clone();
      parameters.put(entry.offset(), numbers, numbers.length);
    }
    float[] positions = positions(weights.get("pos_embed"));
    float[] cls = weights.get("cls_token").clone();
    for (int d = 0; d < width; d++) {
      cls[d] += positions[d];
    }
    put(parameters, "cls_token", cls);
    float[] all = new float[batch * tokens * width];
    for (int b = 0; b < batch; b++) {
      System.arraycopy(positions, width, all, b * tokens * width, tokens * width);
    }
    program.write(model.positions(), all);
    convert(parameters, weights, gain, offset);
  }

  /** For this grid. */
  private float[] positions(float[] table) {
    int trained = (int) Math.round(Math.sqrt(table.length / (double) width - 1));
    int grid = (int) Math.round(Math.sqrt(tokens));
    return trained == grid ? table : Positions.resize(table, width, trained, grid);
  }

  /** Changes the patch projection so that it takes the student's patches. */
  private void convert(
      OffHeap parameters, Map<String, float[]> weights, double[] gain, double[] offset) {
    float[] projection = weights.get("patch_embed.proj.weight").clone();
    float[] bias = weights.get("patch_embed.proj.bias").clone();
    int channel = projection.length / width / ModelSpec.CHANNELS;
    for (int d = 0; d < width; d++) {
      double sum = bias[d];
      for (int c = 0; c < ModelSpec.CHANNELS; c++) {
        int first = (d * ModelSpec.CHANNELS + c) * channel;
        for (int i = first; i < first + channel; i++) {
          sum += projection[i] * offset[c];
          projection[i] = (float) (projection[i] * gain[c]);
        }
      }
      bias[d] = (float) sum;
    }
    put(parameters, "patch_embed.proj.weight", projection);
    put(parameters, "patch_embed.proj.bias", bias);
  }

  private void put(OffHeap parameters, String name, float[] numbers) {
    parameters.put(layout.find(name).orElseThrow().offset(), numbers, numbers.length);
  }

  /**
   * Looks at a batch.
   *
   * @param patches all of the student's patches in raster order {@code [B, L, 3*P*P]}
   */
  public void look(float[] patches) {
    if (resampler == null) {
      program.write(model.patches(), patches);
    } else {
      resampler.resample(patches, batch, resampled);
      program.write(model.patches(), resampled);
    }
    program.forward();
  }

  /**
   * How much cls attends to each patch in the last block, the mean over heads (methods 4.3).
   *
   * @param importance receives {@code [B, L]}
   */
  public void importance(float[] importance) {
    program.read(model.attention(), attention);
    int row = tokens + 1;
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < tokens; t++) {
        double sum = 0;
        for (int h = 0; h < heads; h++) {
          sum += attention[(b * heads + h) * row * row + 1 + t];
        }
        importance[b * tokens + t] = (float) (sum / heads);
      }
    }
  }

  /**
   * Targets of a level: of cls and the kept patches, brought to mean 0 and variance 1 over
   * channels.
   *
   * @param level from 0, the first of the last blocks
   * @param keepIds kept patches {@code [B, K]}
   * @param targets receives {@code [B, K+1, D]}
   */
  public void targets(int level, int[] keepIds, float[] targets) {
    program.read(model.hidden().get(level), stream);
    int keep = keepIds.length / batch;
    for (int b = 0; b < batch; b++) {
      int image = b * (tokens + 1);
      int to = b * (keep + 1);
      whiten(image * width, targets, to * width);
      for (int k = 0; k < keep; k++) {
        whiten((image + 1 + keepIds[b * keep + k]) * width, targets, (to + 1 + k) * width);
      }
    }
  }

  private void whiten(int from, float[] targets, int to) {
    double sum = 0;
    double squares = 0;
    for (int d = 0; d < width; d++) {
      sum += stream[from + d];
    }
    double mean = sum / width;
    for (int d = 0; d < width; d++) {
      double centred = stream[from + d] - mean;
      squares += centred * centred;
    }
    double scale = 1 / Math.sqrt(squares / width + TARGET_EPS);
    for (int d = 0; d < width; d++) {
      targets[to + d] = (float) ((stream[from + d] - mean) * scale);
    }
  }

  /** The residual stream after block {@code block} (0: before the first) of the last batch. */
  public float[] hidden(int block) {
    return read("hidden/" + block);
  }

  /** Attention of the last block {@code [B, heads, L+1, L+1]} on the last batch. */
  public float[] attention() {
    return read("attention");
  }

  private float[] read(String name) {
    Value value = model.graph().find(name).orElseThrow();
    float[] numbers = new float[Math.toIntExact(value.size())];
    program.read(value, numbers);
    return numbers;
  }

  @Override
  public void close() {
    program.close();
    state.close();
  }
}
