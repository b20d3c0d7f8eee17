package org.sparkmim.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.Alignment;
import org.sparkmim.model.method.MaskSpec;
import org.sparkmim.model.method.Method;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.TargetSpec;
import org.sparkmim.model.method.VitShape;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.nn.PatchResampler;
import org.sparkmim.model.nn.Positions;

class TeacherTest {
  private static final int GRID = 4;
  private static final int WIDTH = 16;
  private static final VitShape SHAPE = new VitShape(4, WIDTH, 2, 2, 4);
  private static final double[] GAIN = {0.9, 1.1, 1.3};
  private static final double[] OFFSET = {0.2, -0.1, 0};
  private final Random random = new Random(3);

  /** A file trained on a grid of 6; the student's patches are twice as wide as the teacher's. */
  @Test
  void ofOtherPatchesAndAnotherGridItSeesTheImageAndItsPositionsResized() {
    Map<String, float[]> weights;
    float[] large = numbers(GRID * GRID * 3 * 8 * 8);
    float[] small = new float[GRID * GRID * 3 * 4 * 4];
    new PatchResampler(GRID, 8, 4).resample(large, 1, small);
    float[] expected;
    try (Teacher same = Teacher.create(spec(4), EngineSpec.of("reference", "f32"), 1, 1)) {
      weights = weights(same.layout());
      Map<String, float[]> resized = new HashMap<>(weights);
      resized.put("pos_embed", Positions.resize(weights.get("pos_embed"), WIDTH, 6, GRID));
      same.load(resized, GAIN, OFFSET);
      same.look(small);
      expected = same.hidden(2);
    }
    try (Teacher other = Teacher.create(spec(8), EngineSpec.of("reference", "f32"), 1, 1)) {
      other.load(weights, GAIN, OFFSET);
      other.look(large);
      assertThat(other.hidden(2)).isEqualTo(expected);
    }
  }

  private Map<String, float[]> weights(ParameterLayout layout) {
    Map<String, float[]> weights = new HashMap<>();
    for (ParameterLayout.Entry entry : layout.entries()) {
      weights.put(entry.name(), numbers((int) entry.size()));
    }
    weights.put("pos_embed", numbers((1 + 6 * 6) * WIDTH));
    return weights;
  }

  private float[] numbers(int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = random.nextFloat() - 0.5f;
    }
    return numbers;
  }

  private static ModelSpec spec(int studentPatch) {
    return new ModelSpec(
        Method.MASKALIGN,
        GRID * studentPatch,
        new VitShape(studentPatch, WIDTH, 2, 2, 4),
        List.of(0, 1),
        List.of(),
        List.of(),
        new ModelSpec.Decoder(4, 1, 1),
        new MaskSpec(MaskSpec.Strategy.RANDOM, 0.5, studentPatch),
        new TargetSpec(TargetSpec.Kind.TEACHER, 1, false, false, 1),
        new Alignment(
            1,
            Alignment.Mixing.LINEAR,
            new Alignment.Teacher(Alignment.Family.VIT, SHAPE, "unused")));
  }
}
