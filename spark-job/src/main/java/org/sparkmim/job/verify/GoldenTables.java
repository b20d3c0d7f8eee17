package org.sparkmim.job.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sparkmim.model.ModelException;

/** A JSON file of the format {@code mim-golden/1}: functions of numbers as tables. */
final class GoldenTables {
  /** Tables are small; a forged file must not fill the memory. */
  private static final long MOST_BYTES = 64L << 20;

  private static final int SAFETENSORS_LENGTH = 8;

  private final Path file;
  private final GoldenConfig root;

  private GoldenTables(Path file) throws IOException {
    this.file = file;
    if (Files.size(file) > MOST_BYTES) {
      throw refusal("it has " + Files.size(file) + " bytes, and tables have at most " + MOST_BYTES);
    }
    root = new GoldenConfig(parse(Files.readAllBytes(file)), this::refusal);
    String format = root.has("format") ? root.text("format") : "(none)";
    if (!format.equals(GoldenBundle.FORMAT)) {
      throw refusal(
          "its format is " + format + ", and only " + GoldenBundle.FORMAT + " can be verified");
    }
  }

  /**
   * Whether a file is JSON. A safetensors file begins with the length of its header in eight bytes,
   * the last of which are zero.
   */
  static boolean are(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] first = in.readNBytes(SAFETENSORS_LENGTH);
      return first.length == SAFETENSORS_LENGTH
          && first[0] == '{'
          && first[SAFETENSORS_LENGTH - 1] != 0;
    }
  }

  /**
   * Reads a file.
   *
   * @throws ModelException INPUT if it holds no tables
   */
  static GoldenTables open(Path file) throws IOException {
    return new GoldenTables(file);
  }

  /** What the tables are of, such as {@code schedules}. */
  String model() {
    return root.text("model");
  }

  /** Repositories, commits and files of the published programs. */
  String source() {
    return root.text("source");
  }

  /** All tables. */
  GoldenConfig root() {
    return root;
  }

  /** A refusal of this file. */
  ModelException refusal(String why) {
    return new ModelException(
        ModelException.Kind.INPUT, "Cannot verify against " + file + ": " + why + ".");
  }

  private JsonNode parse(byte[] bytes) throws IOException {
    try {
      return new ObjectMapper().readTree(bytes);
    } catch (JsonProcessingException e) {
      throw refusal("it is not JSON: " + e.getOriginalMessage());
    }
  }
}
