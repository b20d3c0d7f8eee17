package org.sparkmim.job.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the job jar that goes to the executors holds, and what it must not. */
class JobJarIT {
  private static final Path JAR = Path.of(System.getProperty("job.jar"));
  private static final Path SPARK_HOME = Path.of(System.getProperty("spark.home"));
  private static final String PLATFORM = System.getProperty("job.platform");
  private static final long MAX_BYTES = 220_000_000;
  private static final Pattern NATIVE = Pattern.compile(".*\\.(so|dll|dylib|jnilib)([.0-9]*)");

  private static ZipFile jar;
  private static List<String> entries;

  @BeforeAll
  static void open() throws IOException {
    jar = new ZipFile(JAR.toFile());
    entries = jar.stream().filter(entry -> !entry.isDirectory()).map(e -> e.getName()).toList();
  }

  @AfterAll
  static void close() throws IOException {
    jar.close();
  }

  @Test
  void isSmallEnoughToShipWithEveryJob() throws IOException {
    assertThat(Files.size(JAR)).isLessThan(MAX_BYTES);
  }

  @Test
  void holdsNothingThatTheClusterBrings() {
    List<String> foreign =
        List.of(
            "org/apache/",
            "scala/",
            "com/esotericsoftware/",
            "com/fasterxml/",
            "org/slf4j/",
            "io/netty/",
            "com/google/common/",
            "com/google/gson/",
            "com/google/protobuf/",
            "com/google/flatbuffers/");
    assertThat(entries)
        .filteredOn(name -> foreign.stream().anyMatch(name::startsWith))
        // dl4j-spark puts one class of its own into Spark's package.
        .allMatch(name -> name.matches("org/apache/spark/TaskContextHelper\\$?\\.class"));
  }

  @Test
  void holdsTheNativesOfOnePlatformOnly() {
    List<String> natives = entries.stream().filter(n -> NATIVE.matcher(n).matches()).toList();
    assertThat(natives)
        .anyMatch(name -> name.endsWith("/libdnnl.so.3"))
        .anyMatch(name -> name.endsWith("/libopencv_imgcodecs.so.413"))
        .anyMatch(name -> name.endsWith("/libopenblas.so.0"))
        .allMatch(name -> name.matches(".*/" + PLATFORM + "(-avx2)?/[^/]+"));
    assertThat(natives.stream().filter(name -> name.endsWith("/libnd4jcpu.so"))).hasSize(1);
  }

  /** The kernels always; what calls NVIDIA's libraries with the profile "cuda"; these never. */
  @Test
  void isForGpusAndTheirToolkitIfBuiltSo() throws IOException {
    assertThat(entries).contains("org/sparkmim/model/engine/cuda/attention.cu");
    String natives = "org/bytedeco/cuda/" + PLATFORM + "/libjnicudart.so";
    assertThat(entries.contains(natives)).isEqualTo(Boolean.getBoolean("job.cuda"));
    if (Boolean.getBoolean("job.cuda")) {
      String toolkit = System.getProperty("job.cuda.version").replaceFirst("\\..*", "");
      assertThat(text(natives)).contains("libcudart.so." + toolkit);
    }
    assertThat(entries)
        .noneMatch(name -> name.matches(".*/lib(cudart|cublas|cublasLt|nvrtc)\\.so.*"));
  }

  @Test
  void holdsNoSignatureOfAJarThatIsNoLongerWhole() {
    assertThat(entries).noneMatch(name -> name.matches("META-INF/[^/]+\\.(SF|DSA|RSA|EC)"));
  }

  @Test
  void holdsEveryEntryOnce() {
    assertThat(entries).doesNotHaveDuplicates();
  }

  @Test
  void mergesTheSectionsOfAllModulesIntoOneReference() throws IOException {
    try (Reader reader = new InputStreamReader(entry("reference.conf"), StandardCharsets.UTF_8)) {
      Config mim = ConfigFactory.parseReader(reader).getConfig("mim");
      assertThat(mim.root().keySet())
          .contains("data", "model", "engine", "train", "evaluate", "run");
    }
  }

  @Test
  void keepsTheServicesThatNd4jIsFoundBy() throws IOException {
    assertThat(text("META-INF/services/org.nd4j.linalg.factory.Nd4jBackend"))
        .contains("org.nd4j.linalg.cpu.nativecpu.CpuBackend");
  }

  @Test
  void keepsItsLicenceAndTheNoticesOfOthers() throws IOException {
    assertThat(text("META-INF/LICENSE")).contains("Apache License");
    assertThat(text("META-INF/NOTICE")).contains("SparkMIM", "OpenBLAS", "oneDNN");
  }

  @Test
  void startsBesideTheSparkHomeThatTheBuildResolved(@TempDir Path folder) throws Exception {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                JAR + File.pathSeparator + SPARK_HOME.resolve("jars") + "/*",
                "org.sparkmim.job.cli.Mim",
                "--help")
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(output)).contains("Usage: mim");
    assertThat(process.exitValue()).isZero();
  }

  private static InputStream entry(String name) throws IOException {
    assertThat(entries).contains(name);
    return jar.getInputStream(jar.getEntry(name));
  }

  private static String text(String name) throws IOException {
    try (InputStream stream = entry(name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
