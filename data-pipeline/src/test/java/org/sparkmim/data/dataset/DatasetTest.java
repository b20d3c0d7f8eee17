package org.sparkmim.data.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.data.DataException;
import org.sparkmim.data.batch.ContactSheet;
import org.sparkmim.data.ingest.Ingest;
import org.sparkmim.data.ingest.IngestSettings;
import org.sparkmim.data.ingest.Inputs;
import org.sparkmim.data.ingest.LocalSpark;

class DatasetTest {
  private static final Configuration HADOOP = new Configuration(false);

  @TempDir Path directory;
  private Path data;

  @BeforeEach
  void ingest() throws IOException {
    Path input = Inputs.classFolders(directory.resolve("in"));
    Files.write(input.resolve("n00000001/broken.jpg"), new byte[] {1, 2, 3});
    data = directory.resolve("data");
    Ingest.run(
        LocalSpark.with(2),
        IngestSettings.from(
            ConfigFactory.load().getConfig("mim.data"),
            input.toUri().toString(),
            data.toUri().toString()));
  }

  private Dataset open() {
    return Dataset.open(HADOOP, data.toUri().toString());
  }

  private Inspection inspect() {
    return Inspection.of(HADOOP, data.toUri().toString());
  }

  @Test
  void inspectsASoundDatasetAndDrawsIt() throws IOException {
    Inspection found = inspect();
    assertThat(found.sound()).isTrue();
    assertThat(found.widths()).contains(new Inspection.Spread(40, 56, 64));
    assertThat(found.heights()).contains(new Inspection.Spread(36, 40, 44));
    assertThat(found.quarantine())
        .singleElement()
        .satisfies(row -> assertThat(row.path()).isEqualTo("n00000001/broken.jpg"));
    var sheet = ImageIO.read(new ByteArrayInputStream(ContactSheet.png(open())));
    assertThat(sheet.getHeight()).as("three rows, one a class").isEqualTo(4 + 3 * 132);
  }

  @Test
  void isNoDatasetWithoutItsCommit() throws IOException {
    Files.delete(data.resolve("dataset.json"));
    assertInput("no dataset.json");
  }

  @Test
  void noticesAMissingOrShortenedShard() throws IOException {
    Path shard = data.resolve("shards/train-00000.tar");
    byte[] bytes = Files.readAllBytes(shard);
    Files.write(shard, java.util.Arrays.copyOf(bytes, bytes.length - 1));
    assertInput((bytes.length - 1) + " bytes where " + bytes.length);
    assertThat(inspect().damage()).singleElement().asString().contains("train-00000.tar has");
    Files.delete(shard);
    assertInput("is missing");
    assertThat(inspect().damage()).singleElement().asString().contains("is missing");
  }

  @Test
  void inspectionNoticesOneFlippedBit() throws IOException {
    for (String name :
        new String[] {"shards/train-00000.tar", "quarantine/quarantine-00000.parquet"}) {
      byte[] bytes = Files.readAllBytes(data.resolve(name));
      bytes[bytes.length / 2] ^= 4;
      Files.write(data.resolve(name), bytes);
    }
    assertThat(inspect().damage())
        .hasSize(2)
        .allSatisfy(d -> assertThat(d).contains("hash differs"));
  }

  @Test
  void believesNoDamagedManifest() throws IOException {
    Path manifest = data.resolve("dataset.json");
    String json = Files.readString(manifest);
    assertThat(json).contains("\"samples\" : 12").contains("train-00000.tar");
    for (String damaged :
        new String[] {
          "",
          "[]",
          "null",
          json.substring(0, json.length() / 2),
          json.replace("\"samples\" : 12", "\"samples\" : 2000000000"),
          json.replace("\"samples\" : 4", "\"samples\" : 5"),
          json.replace("train-00000.tar", "../../secret.tar"),
          json.replace("sparkmim-dataset/1", "sparkmim-dataset/2"),
          json.replace("n00000002", "n00000003")
        }) {
      Files.writeString(manifest, damaged);
      assertThatThrownBy(this::open)
          .as(damaged)
          .isInstanceOfSatisfying(
              DataException.class, e -> assertThat(e.kind()).isEqualTo(DataException.Kind.INPUT))
          .hasMessageContaining("dataset.json");
    }
  }

  @Test
  void believesNoIndexThatPointsElsewhere() throws IOException {
    Path index = data.resolve("index/train-00000.parquet");
    IndexRow wrong =
        new IndexRow(0, "000000000", "train-00000.tar", 1L << 40, 100, 0, 1, 1, "", "x");
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(index.toUri());
    Storage storage = Storage.at(HADOOP, data.toUri().toString());
    storage.fileSystem().delete(path, false);
    ParquetTables.writeIndex(storage.fileSystem(), path, java.util.List.of(wrong));
    DatasetManifest committed = Dataset.readManifest(storage);
    java.util.List<DatasetManifest.FileEntry> entries =
        new java.util.ArrayList<>(committed.index());
    DatasetManifest.FileEntry before = entries.get(0);
    entries.set(
        0,
        new DatasetManifest.FileEntry(
            before.name(),
            Files.size(index),
            before.rows(),
            Sha256.of(Files.readAllBytes(index), (int) Files.size(index))));
    Files.writeString(data.resolve("dataset.json"), withIndex(committed, entries).toJson());
    assertInput("index row of sample 0 in shard train-00000.tar is damaged");
  }

  @Test
  void sizesItsHashByContentAndNotByPlace() throws IOException {
    String hash = open().hash();
    Path moved = Files.move(data, directory.resolve("moved"));
    assertThat(Dataset.open(HADOOP, moved.toUri().toString()).hash()).isEqualTo(hash);
  }

  private static DatasetManifest withIndex(
      DatasetManifest other, java.util.List<DatasetManifest.FileEntry> index) {
    return new DatasetManifest(
        other.format(),
        other.hash(),
        other.samples(),
        other.labels(),
        other.input(),
        other.inputHash(),
        other.settings(),
        other.shards(),
        index,
        other.quarantine(),
        other.quarantined());
  }

  @Test
  void stillOpensWhatTheFirstVersionsWroteWithoutASeal() throws IOException {
    Path manifest = data.resolve("dataset.json");
    String json = Files.readString(manifest);
    String unsealed = json.replaceFirst(",\n  \"sha256\" : \"[0-9a-f]{64}\"\n}\n$", "\n}\n");
    assertThat(unsealed).isNotEqualTo(json);
    Files.writeString(manifest, unsealed);
    assertThat(open().size()).isEqualTo(12);
  }

  private void assertInput(String message) {
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            DataException.class, e -> assertThat(e.kind()).isEqualTo(DataException.Kind.INPUT))
        .hasMessageContaining(message);
  }
}
