package org.sparkmim.data.dataset;

import java.io.IOException;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** The Parquet files of a data set: its index and its quarantine. */
public final class ParquetTables {
  private static final MessageType INDEX =
      MessageTypeParser.parseMessageType(
          """
          message sample {
            required int64 id;
            required binary key (STRING);
            required binary shard (STRING);
            required int64 offset;
            required int32 length;
            required int32 label;
            required int32 width;
            required int32 height;
            required binary sha256 (STRING);
            required binary source (STRING);
          }
          """);
  private static final MessageType QUARANTINE =
      MessageTypeParser.parseMessageType(
          """
          message quarantined {
            required binary path (STRING);
            required binary reason (STRING);
            required binary message (STRING);
          }
          """);
  private static final MessageType PLACES =
      MessageTypeParser.parseMessageType(
          """
          message sample {
            required int64 id;
            required binary shard (STRING);
            required int64 offset;
            required int32 length;
            required int32 label;
            required binary sha256 (STRING);
          }
          """);

  private ParquetTables() {}

  /** One row of the quarantine. */
  public record QuarantineRow(String path, String reason, String message) {}

  /** Writes index rows. */
  public static void writeIndex(FileSystem fileSystem, Path path, Iterable<IndexRow> rows)
      throws IOException {
    try (ParquetWriter<Group> writer = writer(fileSystem, path, INDEX)) {
      for (IndexRow row : rows) {
        Group group = new SimpleGroup(INDEX);
        group.add("id", row.id());
        group.add("key", row.key());
        group.add("shard", row.shard());
        group.add("offset", row.offset());
        group.add("length", row.length());
        group.add("label", row.label());
        group.add("width", row.width());
        group.add("height", row.height());
        group.add("sha256", row.sha256());
        group.add("source", row.source());
        writer.write(group);
      }
    }
  }

  /** Writes quarantine rows. */
  public static void writeQuarantine(FileSystem fileSystem, Path path, Iterable<QuarantineRow> rows)
      throws IOException {
    try (ParquetWriter<Group> writer = writer(fileSystem, path, QUARANTINE)) {
      for (QuarantineRow row : rows) {
        Group group = new SimpleGroup(QUARANTINE);
        group.add("path", row.path());
        group.add("reason", row.reason());
        group.add("message", row.message());
        writer.write(group);
      }
    }
  }

  /** Reads complete index rows, in order. */
  public static void readIndex(Configuration hadoop, Path path, Consumer<IndexRow> rows)
      throws IOException {
    read(
        hadoop,
        path,
        INDEX,
        g ->
            rows.accept(
                new IndexRow(
                    g.getLong("id", 0),
                    g.getString("key", 0),
                    g.getString("shard", 0),
                    g.getLong("offset", 0),
                    g.getInteger("length", 0),
                    g.getInteger("label", 0),
                    g.getInteger("width", 0),
                    g.getInteger("height", 0),
                    g.getString("sha256", 0),
                    g.getString("source", 0))));
  }

  /** Reads quarantine rows, in order. */
  public static void readQuarantine(Configuration hadoop, Path path, Consumer<QuarantineRow> rows)
      throws IOException {
    read(
        hadoop,
        path,
        QUARANTINE,
        g ->
            rows.accept(
                new QuarantineRow(
                    g.getString("path", 0), g.getString("reason", 0), g.getString("message", 0))));
  }

  /** Takes one sample's place. */
  interface Place {
    void accept(long id, String shard, long offset, int length, int label, String sha256);
  }

  /** Reads only what finding a sample, and knowing it again, needs. */
  static void readPlaces(Configuration hadoop, Path path, Place places) throws IOException {
    read(
        hadoop,
        path,
        PLACES,
        g ->
            places.accept(
                g.getLong(0, 0),
                g.getString(1, 0),
                g.getLong(2, 0),
                g.getInteger(3, 0),
                g.getInteger(4, 0),
                g.getString(5, 0)));
  }

  private static void read(
      Configuration hadoop, Path path, MessageType columns, Consumer<Group> groups)
      throws IOException {
    Configuration projected = new Configuration(hadoop);
    projected.set(ReadSupport.PARQUET_READ_SCHEMA, columns.toString());
    try (ParquetReader<Group> reader =
        ParquetReader.builder(new GroupReadSupport(), path).withConf(projected).build()) {
      for (Group group = reader.read(); group != null; group = reader.read()) {
        groups.accept(group);
      }
    } catch (IOException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new IOException("Cannot read " + path + " as Parquet: " + e.getMessage(), e);
    }
  }

  private static ParquetWriter<Group> writer(FileSystem fileSystem, Path path, MessageType type)
      throws IOException {
    return ExampleParquetWriter.builder(Storage.parquetOutput(fileSystem, path))
        .withType(type)
        .withConf(fileSystem.getConf())
        .withCompressionCodec(CompressionCodecName.GZIP)
        .build();
  }
}
