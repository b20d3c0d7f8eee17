package org.sparkmim.data.ingest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.sparkmim.data.image.TestPictures;

/** The same twelve pictures of three classes in every layout that can be ingested. */
public final class Inputs {
  static final String[] CLASSES = {"n00000001", "n00000002", "n00000003"};
  static final int PER_CLASS = 4;
  private static final MessageType TABLE =
      MessageTypeParser.parseMessageType(
          "message row { optional group image { optional binary bytes; optional binary path"
              + " (STRING); } optional int64 label; }");

  private Inputs() {}

  static byte[] picture(int label, int i) {
    return TestPictures.jpeg(100L * label + i, 40 + 8 * i, 36 + 4 * label);
  }

  /** {@code <class>/<picture>}. */
  public static Path classFolders(Path root) throws IOException {
    for (int label = 0; label < CLASSES.length; label++) {
      for (int i = 0; i < PER_CLASS; i++) {
        write(root.resolve(CLASSES[label]).resolve("picture-" + i + ".JPEG"), picture(label, i));
      }
    }
    return root;
  }

  static Path plainFolder(Path root) throws IOException {
    for (int label = 0; label < CLASSES.length; label++) {
      for (int i = 0; i < PER_CLASS; i++) {
        write(root.resolve(label + "-" + i + ".jpg"), picture(label, i));
      }
    }
    return root;
  }

  static Path classTars(Path root) throws IOException {
    for (int label = 0; label < CLASSES.length; label++) {
      write(root.resolve(CLASSES[label] + ".tar"), classTar(label));
    }
    return root;
  }

  static Path ilsvrcTar(Path file) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(bytes)) {
      for (int label = 0; label < CLASSES.length; label++) {
        tar.add(CLASSES[label] + ".tar", classTar(label));
      }
      tar.finish();
    }
    return write(file, bytes.toByteArray());
  }

  private static byte[] classTar(int label) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(bytes)) {
      for (int i = 0; i < PER_CLASS; i++) {
        tar.add(CLASSES[label] + "_" + i + ".JPEG", picture(label, i));
      }
      tar.finish();
    }
    return bytes.toByteArray();
  }

  /** Labels of even samples in .cls, of odd ones in .json. */
  static Path webDataset(Path root) throws IOException {
    for (int label = 0; label < CLASSES.length; label++) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (TarWriter tar = new TarWriter(bytes)) {
        for (int i = 0; i < PER_CLASS; i++) {
          tar.add("a/" + i + ".jpg", picture(label, i));
          String text = i % 2 == 0 ? label + "\n" : "{\"label\": " + label + "}";
          tar.add(
              "a/" + i + (i % 2 == 0 ? ".cls" : ".json"), text.getBytes(StandardCharsets.UTF_8));
        }
        tar.finish();
      }
      write(root.resolve("part-" + label + ".tar"), bytes.toByteArray());
    }
    return root;
  }

  /** Two tables, with the footer that names the labels. */
  static Path parquet(Path root) throws IOException {
    Files.createDirectories(root);
    String names =
        "{\"info\": {\"features\": {\"label\": {\"names\": [\"tench\", \"church\", \"horn\"],"
            + " \"_type\": \"ClassLabel\"}}}}";
    for (int half = 0; half < 2; half++) {
      org.apache.hadoop.fs.Path path =
          new org.apache.hadoop.fs.Path(
              root.resolve("train-0000" + half + ".parquet").toUri().toString());
      try (ParquetWriter<Group> writer =
          ExampleParquetWriter.builder(HadoopOutputFile.fromPath(path, new Configuration(false)))
              .withType(TABLE)
              .withExtraMetaData(Map.of("huggingface", names))
              .build()) {
        for (int n = half * 6; n < half * 6 + 6; n++) {
          Group row = new SimpleGroup(TABLE);
          Group image = row.addGroup("image");
          image.add("bytes", Binary.fromConstantByteArray(picture(n / PER_CLASS, n % PER_CLASS)));
          image.add("path", "p" + n + ".jpg");
          row.add("label", (long) (n / PER_CLASS));
          writer.write(row);
        }
      }
    }
    return root;
  }

  static Path write(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }
}
