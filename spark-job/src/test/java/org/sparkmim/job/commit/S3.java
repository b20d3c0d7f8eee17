package org.sparkmim.job.commit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/** An S3 server (S3Proxy) in a process of its own, reached through s3a; of the profile "chaos". */
final class S3 implements AutoCloseable {
  private static final String BUCKET = "runs";

  private final Process server;
  private final String endpoint;

  private S3(Process server, String endpoint) {
    this.server = server;
    this.endpoint = endpoint;
  }

  static S3 start(Path directory) throws IOException, InterruptedException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String endpoint = "http://127.0.0.1:" + port;
    Path properties =
        Files.writeString(
            directory.resolve("s3proxy.conf"),
            """
            s3proxy.endpoint=%s
            s3proxy.authorization=none
            jclouds.provider=transient
            jclouds.identity=local
            jclouds.credential=local
            """
                .formatted(endpoint));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                Path.of("target", "s3proxy").toAbsolutePath() + "/*",
                "org.gaul.s3proxy.Main",
                "--properties",
                properties.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("s3proxy.log").toFile())
            .start();
    S3 s3 = new S3(process, endpoint);
    try {
      s3.makeBucket(directory.resolve("s3proxy.log"));
      return s3;
    } catch (IOException | InterruptedException | RuntimeException e) {
      s3.close();
      throw e;
    }
  }

  private void makeBucket(Path log) throws IOException, InterruptedException {
    HttpRequest put =
        HttpRequest.newBuilder(URI.create(endpoint + "/" + BUCKET))
            .PUT(HttpRequest.BodyPublishers.noBody())
            .build();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try {
        int status =
            HttpClient.newHttpClient()
                .send(put, HttpResponse.BodyHandlers.discarding())
                .statusCode();
        if (status == 200) {
          return;
        }
        throw new IllegalStateException("The S3 server answers " + status);
      } catch (java.net.ConnectException e) {
        if (!server.isAlive() || System.nanoTime() > deadline) {
          throw new IllegalStateException("No S3 server: " + Files.readString(log), e);
        }
        Thread.sleep(100);
      }
    }
  }

  /** Hadoop's settings that reach it. */
  Map<String, String> settings() {
    return Map.of(
        "fs.s3a.endpoint",
        endpoint,
        "fs.s3a.access.key",
        "nobody",
        "fs.s3a.secret.key",
        "nothing",
        "fs.s3a.path.style.access",
        "true",
        "fs.s3a.connection.ssl.enabled",
        "false",
        "fs.s3a.bucket.probe",
        "0");
  }

  String uri() {
    return "s3a://" + BUCKET;
  }

  FileSystem fileSystem() throws IOException {
    Configuration hadoop = new Configuration();
    settings().forEach(hadoop::set);
    return FileSystem.newInstance(URI.create(uri()), hadoop);
  }

  @Override
  public void close() {
    server.destroyForcibly();
  }
}
