package org.sparkmim.job.cli;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.package$;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.job.MimException;

/**
 * Opens Spark sessions: the one that spark-submit prepared, a named master, or one in this process.
 */
public final class SparkSessions {
  private static final Pattern MASTER =
      Pattern.compile("local(\\[.+])?|local-cluster\\[.+]|spark://.+|yarn|k8s://.+");
  private static final String SUPPORTED = "3.5.";
  private static final String EMBEDDED = "embedded";

  private SparkSessions() {}

  /**
   * Opens a session.
   *
   * @param master a Spark master; empty takes spark-submit's, or runs embedded
   * @param threads task threads of an embedded Spark
   * @throws MimException (usage) for a master or a Spark that cannot work
   */
  public static SparkSession open(String name, Optional<String> master, int threads) {
    SparkConf conf = new SparkConf();
    refuseWhatCannotWork(master, conf);
    String url =
        master.or(() -> Optional.ofNullable(conf.get("spark.master", null))).orElse(EMBEDDED);
    if (url.equals(EMBEDDED)) {
      embed(conf, threads);
    } else {
      conf.setMaster(url);
      refuseTasksLargerThanExecutors(conf);
      shipThisJar(conf, url);
    }
    conf.setIfMissing("spark.app.name", name);
    // Rounds collect the averaged state of the whole model: its size is known, a limit only kills.
    conf.setIfMissing("spark.driver.maxResultSize", "0");
    // Weights are noise to a compressor: it costs time and saves nothing.
    conf.setIfMissing("spark.broadcast.compress", "false");
    conf.setIfMissing("spark.shuffle.compress", "false");
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    return SparkSession.builder().config(conf).getOrCreate();
  }

  /** Whether that master's executors are threads of the driver. */
  static boolean isEmbedded(String url) {
    return url.startsWith("local") && !url.startsWith("local-cluster");
  }

  /** Whether this process is a driver that YARN started (deploy mode cluster). */
  static boolean isOfYarn() {
    SparkConf conf = new SparkConf();
    return conf.get("spark.master", "").equals("yarn")
        && conf.get("spark.submit.deployMode", "").equals("cluster");
  }

  /**
   * Refuses what cannot work, without opening a session.
   *
   * @throws MimException (usage) for a master or a Spark that cannot work
   */
  public static void check(Optional<String> master) {
    refuseWhatCannotWork(master, new SparkConf());
  }

  private static void embed(SparkConf conf, int threads) {
    conf.setMaster("local[" + threads + "]");
    conf.setIfMissing("spark.ui.enabled", "false");
    // A laptop's host name often resolves to an address of a network it has left.
    conf.setIfMissing("spark.driver.host", "localhost");
    conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
    // A round keeps W + 2 states of the model as blocks: little else lives on this heap.
    conf.setIfMissing("spark.memory.fraction", "0.8");
    conf.setIfMissing("spark.sql.shuffle.partitions", Integer.toString(Math.max(2, threads)));
  }

  private static void refuseWhatCannotWork(Optional<String> master, SparkConf conf) {
    String version = package$.MODULE$.SPARK_VERSION();
    if (!version.startsWith(SUPPORTED)) {
      throw MimException.usage(
          "Cannot run on Spark "
              + version
              + ": this jar was built for Spark "
              + SUPPORTED
              + "x with Scala 2.12. Point SPARK_HOME at one.");
    }
    master.ifPresent(
        url -> {
          if (!MASTER.matcher(url).matches()) {
            throw MimException.usage(
                "Cannot use master "
                    + url
                    + ": allowed are spark://HOST:PORT, yarn, k8s://URL and local[N].");
          }
          String prepared = conf.get("spark.master", url);
          if (!prepared.equals(url)) {
            throw MimException.usage(
                "Two masters are named: spark-submit says "
                    + prepared
                    + ", this command says "
                    + url
                    + ". Drop one of them.");
          }
        });
  }

  private static void refuseTasksLargerThanExecutors(SparkConf conf) {
    int cpus = conf.getInt("spark.task.cpus", 1);
    int cores = conf.getInt("spark.executor.cores", cpus);
    if (cores < cpus) {
      throw MimException.usage(
          "No executor could take a task: spark.task.cpus = "
              + cpus
              + ", and spark.executor.cores = "
              + cores
              + ". A task is meant to use the whole executor: set both to the same number.");
    }
  }

  /** Executors of a cluster need this code; spark-submit has already named it. */
  private static void shipThisJar(SparkConf conf, String url) {
    if (isEmbedded(url)) {
      return;
    }
    CodeSource source = SparkSessions.class.getProtectionDomain().getCodeSource();
    if (source == null || conf.contains("spark.jars")) {
      return;
    }
    try {
      Path jar = Path.of(source.getLocation().toURI());
      if (Files.isRegularFile(jar)) {
        conf.set("spark.jars", jar.toString());
      }
    } catch (URISyntaxException e) {
      throw MimException.usage("Cannot locate this program's jar: " + source.getLocation(), e);
    }
  }
}
