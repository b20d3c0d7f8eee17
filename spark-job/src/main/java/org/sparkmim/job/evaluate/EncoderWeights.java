package org.sparkmim.job.evaluate;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;
import org.sparkmim.model.Encoder;
import org.sparkmim.model.method.FeatureModel;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.SafetensorsReader;
import org.sparkmim.model.weights.TensorHeader;

/**
 * A checkpoint's encoder as raw little-endian float32 bytes, one array a tensor, so that it is
 * broadcast at memory speed and no array grows with the model.
 *
 * @param tensors in the order of the encoder's layout
 */
record EncoderWeights(byte[][] tensors) implements Serializable {

  /**
   * Reads the encoder's share of a weights file.
   *
   * @throws MimException (input) if it is not a weights file of that model
   */
  static EncoderWeights read(Configuration hadoop, Path file, ModelSpec spec) {
    try {
      FileSystem fs = file.getFileSystem(hadoop);
      long length = fs.getFileStatus(file).getLen();
      try (FSDataInputStream in = fs.open(file);
          SafetensorsReader reader = Safetensors.open(in::readFully, length, file.toString())) {
        return read(reader, layout(spec), file);
      }
    } catch (IOException e) {
      throw MimException.input("Cannot read the weights " + file + ": " + e.getMessage(), e);
    }
  }

  private static EncoderWeights read(SafetensorsReader reader, ParameterLayout layout, Path file)
      throws IOException {
    byte[][] tensors = new byte[layout.entries().size()][];
    int next = 0;
    for (ParameterLayout.Entry entry : layout.entries()) {
      TensorHeader header = reader.tensor(entry.name());
      if (header.elements() != entry.size()) {
        throw MimException.input(
            "Cannot use the weights "
                + file
                + ": tensor "
                + entry.name()
                + " has shape "
                + header.shape()
                + ", the run's model needs "
                + entry.shape()
                + ".");
      }
      float[] values = reader.floats(entry.name());
      ByteBuffer bytes =
          ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
              .order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      tensors[next++] = bytes.array();
    }
    return new EncoderWeights(tensors);
  }

  /** Copies the weights into an encoder of the same model. */
  void copyTo(Encoder encoder) {
    ParameterLayout layout = encoder.layout();
    float[] vector = new float[Math.toIntExact(layout.size())];
    int next = 0;
    for (ParameterLayout.Entry entry : layout.entries()) {
      ByteBuffer.wrap(tensors[next++])
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(vector, Math.toIntExact(entry.offset()), Math.toIntExact(entry.size()));
    }
    encoder.load(layout, vector);
  }

  private static ParameterLayout layout(ModelSpec spec) {
    return ParameterLayout.of(FeatureModel.build(spec, 1).graph());
  }
}
