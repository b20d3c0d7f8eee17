package org.sparkmim.job.round;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkmim.data.image.Normalisation;
import org.sparkmim.job.MimException;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.Teacher;
import org.sparkmim.model.method.Alignment;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.TeacherModel;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.weights.FloatTensor;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.SafetensorsReader;
import org.sparkmim.model.weights.TeacherNames;
import org.sparkmim.model.weights.TensorHeader;

/** The weights of MaskAlign's teacher, from the file of whoever trained it. */
public final class TeacherWeights {
  private static final double[] CLIP_MEAN = {0.48145466, 0.4578275, 0.40821073};
  private static final double[] CLIP_STD = {0.26862954, 0.26130258, 0.27577711};

  private final Alignment.Family family;
  private final String file;
  private final Map<String, FloatTensor> tensors;

  private TeacherWeights(Alignment.Family family, String file, Map<String, FloatTensor> tensors) {
    this.family = family;
    this.file = file;
    this.tensors = tensors;
  }

  /** What turns the student's pixels into the teacher's: {@code x * gain + offset} by channel. */
  public record Statistics(double[] gain, double[] offset) {}

  /** CLIP was trained with a mean and deviation of its own, the others with ImageNet's. */
  public static Statistics statistics(Alignment.Family family) {
    double[] gain = {1, 1, 1};
    double[] offset = {0, 0, 0};
    for (int c = 0; family == Alignment.Family.CLIP && c < ModelSpec.CHANNELS; c++) {
      gain[c] = Normalisation.std(c) / CLIP_STD[c];
      offset[c] = (Normalisation.mean(c) - CLIP_MEAN[c]) / CLIP_STD[c];
    }
    return new Statistics(gain, offset);
  }

  /** The teacher in an open file. */
  public static TeacherWeights of(Alignment.Family family, SafetensorsReader file, String name) {
    return new TeacherWeights(
        family,
        name,
        switch (family) {
          case CLIP -> TeacherNames.CLIP.read(file);
          case DINO -> TeacherNames.DINO.read(file);
          case VIT -> byOwnNames(file);
        });
  }

  private static Map<String, FloatTensor> byOwnNames(SafetensorsReader file) {
    Map<String, FloatTensor> tensors = new HashMap<>();
    for (TensorHeader header : file.tensors()) {
      tensors.put(header.name(), FloatTensor.of(file, header));
    }
    return tensors;
  }

  /**
   * Refuses a teacher that cannot be read or is of another shape, from its file's header alone.
   *
   * @throws MimException (input, or usage where none is named)
   */
  public static void check(Configuration hadoop, ModelSpec spec) {
    Alignment alignment = spec.alignment();
    ParameterLayout layout =
        ParameterLayout.of(
            TeacherModel.build(alignment.teacher(), spec.grid(), alignment.levels(), 1).graph());
    int width = alignment.teacher().shape().width();
    read(hadoop, alignment.teacher(), weights -> weights.fitting(layout, width));
  }

  /**
   * Reads a teacher's file into a teacher.
   *
   * @throws MimException (input) if it is not the file of such a teacher
   */
  static void load(Configuration hadoop, Alignment.Teacher wanted, Teacher teacher) {
    read(hadoop, wanted, weights -> weights.load(teacher));
  }

  private static void read(
      Configuration hadoop, Alignment.Teacher wanted, Consumer<TeacherWeights> use) {
    if (wanted.weights().isEmpty()) {
      throw MimException.usage(
          "maskalign needs a teacher: set model.teacher.weights to the address of its safetensors"
              + " file, and model.teacher.family to clip, dino or vit.");
    }
    Path file = new Path(wanted.weights());
    try {
      FileSystem fs = file.getFileSystem(hadoop);
      long length = fs.getFileStatus(file).getLen();
      try (FSDataInputStream in = fs.open(file);
          SafetensorsReader reader = Safetensors.open(in::readFully, length, file.toString())) {
        use.accept(of(wanted.family(), reader, file.toString()));
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (UncheckedIOException e) {
      throw unreadable(file, e.getCause());
    } catch (ModelException e) {
      throw MimException.input(e.getMessage(), e);
    }
  }

  private static MimException unreadable(Path file, IOException e) {
    return MimException.input(
        "Cannot read the teacher's weights " + file + ": " + e.getMessage(), e);
  }

  /**
   * Copies the weights into a teacher.
   *
   * @throws MimException (input) if they are of another shape
   */
  public void load(Teacher teacher) {
    Map<String, float[]> numbers = new HashMap<>();
    fitting(teacher.layout(), teacher.width())
        .forEach((name, tensor) -> numbers.put(name, tensor.toArray()));
    Statistics statistics = statistics(family);
    teacher.load(numbers, statistics.gain(), statistics.offset());
  }

  private Map<String, FloatTensor> fitting(ParameterLayout layout, int width) {
    List<String> wrong = new ArrayList<>();
    Map<String, FloatTensor> fitting = new HashMap<>();
    for (ParameterLayout.Entry entry : layout.entries()) {
      take(entry.name(), entry.size(), wrong).ifPresent(t -> fitting.put(entry.name(), t));
    }
    positions(width, wrong).ifPresent(t -> fitting.put("pos_embed", t));
    if (!wrong.isEmpty()) {
      throw MimException.input(
          "Cannot use the teacher "
              + file
              + ": "
              + wrong.size()
              + " of its tensors do not fit model.teacher, the first: "
              + wrong.get(0)
              + ". Give model.teacher the family, arch and patch-size that the file was made with.");
    }
    return fitting;
  }

  /** Positions of any square grid: they are resized to the student's. */
  private Optional<FloatTensor> positions(int width, List<String> wrong) {
    FloatTensor tensor = tensors.get("pos_embed");
    long rows = tensor == null ? 0 : tensor.elements() / width - 1;
    long grid = Math.round(Math.sqrt(Math.max(0, rows)));
    if (tensor != null && grid > 0 && (grid * grid + 1) * width == tensor.elements()) {
      return Optional.of(tensor);
    }
    wrong.add(
        tensor == null
            ? "pos_embed is missing"
            : "pos_embed has shape "
                + tensor.shape()
                + ", and cls and a square grid of width "
                + width
                + " are needed");
    return Optional.empty();
  }

  private Optional<FloatTensor> take(String name, long size, List<String> wrong) {
    FloatTensor tensor = tensors.get(name);
    if (tensor == null) {
      wrong.add(name + " is missing");
    } else if (tensor.elements() != size) {
      wrong.add(name + " has shape " + tensor.shape() + ", " + size + " numbers are needed");
    } else {
      return Optional.of(tensor);
    }
    return Optional.empty();
  }
}
