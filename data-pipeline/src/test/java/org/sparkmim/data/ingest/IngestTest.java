package org.sparkmim.data.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.dataset.ParquetTables;
import org.sparkmim.data.dataset.SampleReader;
import org.sparkmim.data.image.TestPictures;

@Timeout(120)
class IngestTest {
  private static final Configuration HADOOP = new Configuration(false);

  @TempDir Path directory;

  @Test
  void ingestsEveryLayoutToTheSamePicturesAndLabels() throws Exception {
    Map<String, Path> inputs = new TreeMap<>();
    inputs.put("class-folders", Inputs.classFolders(directory.resolve("folders")));
    inputs.put("class-tars", Inputs.classTars(directory.resolve("tars")));
    inputs.put("ilsvrc-tar", Inputs.ilsvrcTar(directory.resolve("all.tar")));
    inputs.put("parquet", Inputs.parquet(directory.resolve("tables")));
    inputs.put("plain-folder", Inputs.plainFolder(directory.resolve("plain")));
    inputs.put("webdataset", Inputs.webDataset(directory.resolve("web")));
    for (Map.Entry<String, Path> input : inputs.entrySet()) {
      Path output = directory.resolve("out-" + input.getKey());
      IngestReport report = ingest(input.getValue(), output, "");
      assertThat(report.manifest().settings()).containsEntry("layout", input.getKey());
      assertThat(report.quarantined()).as(input.getKey()).isZero();
      Dataset dataset = Dataset.open(HADOOP, output.toUri().toString());
      assertThat(dataset.size()).isEqualTo(12);
      boolean labelled = !input.getKey().equals("plain-folder");
      assertThat(dataset.labels()).isEqualTo(labels(input.getKey()));
      try (SampleReader reader = new SampleReader(dataset)) {
        for (int id = 0; id < 12; id++) {
          int length = reader.read(id);
          assertThat(Arrays.copyOf(reader.bytes(), length))
              .isEqualTo(Inputs.picture(id / Inputs.PER_CLASS, id % Inputs.PER_CLASS));
          assertThat(dataset.index().label()[id]).isEqualTo(labelled ? id / 4 : -1);
        }
      }
    }
  }

  private static List<String> labels(String layout) {
    return switch (layout) {
      case "plain-folder" -> List.of();
      case "parquet" -> List.of("tench", "church", "horn");
      case "webdataset" -> List.of("0", "1", "2");
      default -> List.of(Inputs.CLASSES);
    };
  }

  @Test
  void writesShardsThatOtherToolsRead() throws Exception {
    Path input = Inputs.classFolders(directory.resolve("in"));
    ingest(input, directory.resolve("out"), "shard-bytes = 4000");
    int samples = 0;
    List<Path> shards = list(directory.resolve("out/shards"));
    assertThat(shards).hasSizeGreaterThan(2);
    for (Path shard : shards) {
      try (TarArchiveInputStream tar = new TarArchiveInputStream(Files.newInputStream(shard))) {
        for (TarArchiveEntry e = tar.getNextTarEntry(); e != null; e = tar.getNextTarEntry()) {
          String key = String.format("%09d", samples);
          assertThat(e.getName()).isEqualTo(key + ".jpg");
          assertThat(tar.readAllBytes()).isEqualTo(Inputs.picture(samples / 4, samples % 4));
          assertThat(tar.getNextTarEntry().getName()).isEqualTo(key + ".cls");
          assertThat(tar.readAllBytes()).containsExactly('0' + samples / 4);
          samples++;
        }
      }
    }
    assertThat(samples).isEqualTo(12);
  }

  @Test
  void quarantinesEveryKindOfBadFileAndGoesOn() throws Exception {
    Path input = Inputs.classFolders(directory.resolve("in"));
    Path folder = input.resolve(Inputs.CLASSES[1]);
    byte[] good = TestPictures.jpeg(7, 64, 48);
    byte[] corrupt = TestPictures.png(TestPictures.waves(8, 50, 50));
    corrupt[corrupt.length / 2] ^= 0x55;
    Inputs.write(folder.resolve("empty.jpg"), new byte[0]);
    Inputs.write(folder.resolve("truncated.jpg"), Arrays.copyOf(good, good.length / 2));
    Inputs.write(folder.resolve("corrupt.png"), corrupt);
    Inputs.write(folder.resolve("text.jpg"), TestPictures.text());
    Inputs.write(folder.resolve("really-a-png.jpg"), TestPictures.png(TestPictures.waves(9, 9, 9)));
    Inputs.write(folder.resolve("bomb.png"), TestPictures.pngClaiming(60_000, 60_000));
    Inputs.write(folder.resolve("large.jpg"), new byte[70_000]);
    Inputs.write(folder.resolve("movie.gif"), "GIF89a......".getBytes("US-ASCII"));
    Inputs.write(folder.resolve("zz-copy.jpg"), Inputs.picture(0, 0));
    Inputs.write(input.resolve("loose.jpg"), TestPictures.jpeg(77, 20, 20));
    Inputs.write(folder.resolve(".DS_Store"), TestPictures.text());
    IngestReport report = ingest(input, directory.resolve("out"), "max-file-bytes = 65536");
    assertThat(report.manifest().samples()).isEqualTo(12);
    Map<String, String> reasons = new HashMap<>();
    ParquetTables.readQuarantine(
        HADOOP,
        new org.apache.hadoop.fs.Path(
            directory.resolve("out/quarantine/quarantine-00000.parquet").toUri()),
        row -> reasons.put(row.path().substring(row.path().indexOf('/') + 1), row.reason()));
    assertThat(reasons)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "empty.jpg", "empty",
                "truncated.jpg", "truncated",
                "corrupt.png", "corrupt",
                "text.jpg", "not-an-image",
                "really-a-png.jpg", "wrong-extension",
                "bomb.png", "too-many-pixels",
                "large.jpg", "too-many-bytes",
                "movie.gif", "unsupported-format",
                "zz-copy.jpg", "duplicate",
                "loose.jpg", "no-label"));
    assertThat(report.manifest().quarantined()).containsEntry("duplicate", 1L).hasSize(10);
    IngestReport lenient = ingest(input, directory.resolve("lenient"), "wrong-extension = accept");
    assertThat(lenient.manifest().samples()).isEqualTo(13);
  }

  @Test
  void keepsWhatADamagedTarStillHolds() throws Exception {
    Path input = Inputs.classTars(directory.resolve("in"));
    Path tar = input.resolve(Inputs.CLASSES[2] + ".tar");
    byte[] bytes = Files.readAllBytes(tar);
    Files.write(tar, Arrays.copyOf(bytes, bytes.length - 1024 - 600));
    IngestReport report = ingest(input, directory.resolve("out"), "");
    assertThat(report.manifest().samples()).isEqualTo(11);
    assertThat(report.manifest().quarantined()).containsExactly(Map.entry("corrupt", 1L));
  }

  @Test
  void givesTheSameBytesUnderAnyParallelism() throws Exception {
    Path input = Inputs.classFolders(directory.resolve("in"));
    Inputs.write(input.resolve("n00000001/again.jpg"), Inputs.picture(2, 1));
    String settings = "shard-bytes = 4000, resize-short-side = 24";
    Ingest.run(LocalSpark.with(1), settings(input, directory.resolve("one"), settings));
    Ingest.run(LocalSpark.with(3), settings(input, directory.resolve("three"), settings));
    Map<String, byte[]> one = content(directory.resolve("one"));
    Map<String, byte[]> three = content(directory.resolve("three"));
    assertThat(one.keySet()).isEqualTo(three.keySet()).hasSizeGreaterThan(6);
    one.forEach((name, bytes) -> assertThat(three.get(name)).as(name).isEqualTo(bytes));
  }

  @Test
  void shrinksPicturesWhereAskedTo() throws Exception {
    Path input = Inputs.classFolders(directory.resolve("in"));
    Inputs.write(
        input.resolve("n00000001/small.png"), TestPictures.png(TestPictures.waves(3, 20, 22)));
    ingest(input, directory.resolve("out"), "resize-short-side = 24");
    List<String> sizes = new ArrayList<>();
    ParquetTables.readIndex(
        HADOOP,
        new org.apache.hadoop.fs.Path(directory.resolve("out/index/train-00000.parquet").toUri()),
        row -> sizes.add(row.width() + "x" + row.height()));
    // Pictures of the first class are 40, 48, 56 and 64 x 36; the small one stays as it is.
    assertThat(sizes).startsWith("26x24", "32x24", "37x24", "42x24", "20x22");
  }

  @Test
  void leavesNoDatasetWhenInterruptedAndCompletesWhenRunAgain() throws Exception {
    Path input = directory.resolve("in");
    for (int i = 0; i < 80; i++) {
      Inputs.write(input.resolve("c" + i % 3).resolve(i + ".jpg"), TestPictures.jpeg(i, 80, 60));
    }
    Path output = directory.resolve("out");
    String settings = "shard-bytes = 1000";
    SparkSession spark = LocalSpark.with(2);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread run =
        new Thread(
            () -> {
              try {
                Ingest.run(spark, settings(input, output, settings));
              } catch (Throwable e) {
                failure.set(e);
              }
            });
    run.start();
    while (run.isAlive()) {
      if (Files.isDirectory(output.resolve("shards"))
          && list(output.resolve("shards")).size() > 3) {
        spark.sparkContext().cancelAllJobs();
      }
      Thread.sleep(2);
    }
    assertThat(failure.get()).as("the interruption came before the end").isNotNull();
    assertThat(failure.get()).isNotInstanceOf(DataException.class);
    assertThat(output.resolve("dataset.json")).doesNotExist();
    assertInput(() -> Dataset.open(HADOOP, output.toUri().toString()), "not a committed data set");

    IngestReport again = ingest(input, output, settings);
    IngestReport undisturbed = ingest(input, directory.resolve("undisturbed"), settings);
    assertThat(again.alreadyThere()).isFalse();
    assertThat(again.manifest()).isEqualTo(undisturbed.manifest());
    assertThat(content(output).keySet())
        .as("no litter of the interrupted run")
        .isEqualTo(content(directory.resolve("undisturbed")).keySet());
  }

  @Test
  void doesNothingWhenTheSameDatasetIsThereAlready() throws Exception {
    Path input = Inputs.classFolders(directory.resolve("in"));
    Path output = directory.resolve("out");
    IngestReport first = ingest(input, output, "");
    Map<String, byte[]> before = content(output);
    IngestReport second = ingest(input, output, "");
    assertThat(first.alreadyThere()).isFalse();
    assertThat(second.alreadyThere()).isTrue();
    assertThat(second.manifest()).isEqualTo(first.manifest());
    assertThat(content(output).keySet()).isEqualTo(before.keySet());
    assertArgument(() -> ingest(input, output, "shard-bytes = 4000"), "other settings");
    Inputs.write(input.resolve("n00000001/new.jpg"), TestPictures.jpeg(55, 30, 30));
    assertArgument(() -> ingest(input, output, ""), "made from other files");
  }

  @Test
  void refusesOutputsThatAreNotItsOwnAndLeavesThemAlone() throws Exception {
    Path input = Inputs.classFolders(directory.resolve("in"));
    Path foreign = directory.resolve("foreign");
    Inputs.write(foreign.resolve("thesis.txt"), TestPictures.text());
    assertArgument(() -> ingest(input, foreign, ""), "holds other files (thesis.txt)");
    assertThat(content(foreign)).containsOnlyKeys("thesis.txt");
    Path file = Inputs.write(directory.resolve("file"), TestPictures.text());
    assertArgument(() -> ingest(input, file, ""), "is a file");
    assertArgument(() -> ingest(input, input.resolve("out"), ""), "lies inside the input");
    assertArgument(() -> ingest(input, file.resolve("below"), ""), "Cannot write");
    assertThat(input.resolve("out")).doesNotExist();
  }

  @Test
  void refusesInputsWithoutPicturesAndWritesNothing() throws Exception {
    Path output = directory.resolve("out");
    assertInput(() -> ingest(directory.resolve("nowhere"), output, ""), "does not exist");
    Path empty = Files.createDirectories(directory.resolve("empty"));
    assertInput(() -> ingest(empty, output, ""), "holds no pictures");
    Path texts = directory.resolve("texts");
    Inputs.write(texts.resolve("a/b.jpg"), TestPictures.text());
    assertInput(() -> ingest(texts, output, ""), "Not one of the 1 files");
    Path mixed = Inputs.classFolders(directory.resolve("mixed"));
    Inputs.ilsvrcTar(mixed.resolve("all.tar"));
    assertInput(() -> ingest(mixed, output, ""), "tar archives and picture files");
    Path plain = Inputs.plainFolder(directory.resolve("plain"));
    assertInput(() -> ingest(plain, output, "layout = class-folders"), "no class folders");
    assertInput(() -> ingest(plain, output, "layout = parquet"), "no .parquet files");
    assertThat(output).doesNotExist();
  }

  @Test
  void refusesSettingsOutsideTheirRange() {
    for (String setting :
        List.of(
            "layout = folders",
            "shard-bytes = 0",
            "max-pixels = -1",
            "max-file-bytes = 100G",
            "wrong-extension = maybe",
            "jpeg-quality = 101",
            "resize-short-side = some")) {
      assertArgument(() -> settings(directory, directory, setting), "data.ingest");
    }
  }

  private IngestReport ingest(Path input, Path output, String settings) {
    return Ingest.run(LocalSpark.with(2), settings(input, output, settings));
  }

  private static IngestSettings settings(Path input, Path output, String overrides) {
    Config defaults = ConfigFactory.load().getConfig("mim.data");
    Config config = ConfigFactory.parseString("ingest { " + overrides + " }");
    return IngestSettings.from(
        config.withFallback(defaults), input.toUri().toString(), output.toUri().toString());
  }

  private static Map<String, byte[]> content(Path root) throws IOException {
    Map<String, byte[]> content = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        content.put(root.relativize(file).toString(), bytes);
      }
    }
    return content;
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private static void assertArgument(Runnable runnable, String message) {
    assertMistake(runnable, DataException.Kind.ARGUMENT, message);
  }

  private static void assertInput(Runnable runnable, String message) {
    assertMistake(runnable, DataException.Kind.INPUT, message);
  }

  private static void assertMistake(Runnable runnable, DataException.Kind kind, String message) {
    assertThatThrownBy(runnable::run)
        .isInstanceOfSatisfying(DataException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessageContaining(message);
  }
}
