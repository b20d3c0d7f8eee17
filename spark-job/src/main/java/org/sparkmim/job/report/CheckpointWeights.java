package org.sparkmim.job.report;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;
import org.sparkmim.model.Network;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.SafetensorsReader;

/** The weights of a checkpoint. */
record CheckpointWeights(Configuration hadoop, Path file) {

  /** What is done with the open file. */
  private interface Use<T> {
    T of(SafetensorsReader reader) throws IOException;
  }

  /** All numbers of a tensor. */
  float[] tensor(String name) {
    return read(reader -> reader.floats(name));
  }

  /** Copies the weights into a network of the same model. */
  void copyTo(Network network) {
    read(
        reader -> {
          for (var entry : network.layout().entries()) {
            reader.floats(
                reader.tensor(entry.name()), network.state().parameters(), entry.offset());
          }
          return network;
        });
  }

  private <T> T read(Use<T> use) {
    try {
      FileSystem fs = file.getFileSystem(hadoop);
      long length = fs.getFileStatus(file).getLen();
      try (FSDataInputStream in = fs.open(file);
          SafetensorsReader reader = Safetensors.open(in::readFully, length, file.toString())) {
        return use.of(reader);
      }
    } catch (IOException e) {
      throw MimException.input("Cannot read the weights " + file + ": " + e.getMessage(), e);
    }
  }
}
