package org.sparkmim.data.ingest;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.dataset.DatasetManifest.FileEntry;
import org.sparkmim.data.dataset.IndexRow;
import org.sparkmim.data.dataset.ParquetTables;
import org.sparkmim.data.dataset.Sha256;
import org.sparkmim.data.dataset.Storage;
import org.sparkmim.data.image.ImageFault;
import org.sparkmim.data.source.SourceReader;

/**
 * Writes a shard and its index file, each aside under a name of its own and then renamed: a retried
 * or speculative task cannot damage what another one finished.
 */
final class ShardWriter {
  private final Configuration hadoop;
  private final Storage output;
  private final IngestSettings.Preparation settings;

  ShardWriter(Configuration hadoop, Storage output, IngestSettings.Preparation settings) {
    this.hadoop = hadoop;
    this.output = output;
    this.settings = settings;
  }

  /** The two files of a shard. */
  record Written(FileEntry shard, FileEntry index) {}

  /**
   * @throws DataException (input) when a source file is not what it was when it was checked
   */
  Written write(ShardTask task) throws IOException {
    String shardName = task.stem() + ".tar";
    List<IndexRow> rows = new ArrayList<>();
    Path aside = aside(Dataset.SHARDS, shardName);
    TarWriter.Written tar = writeTar(task, shardName, aside, rows);
    output.moveInto(aside, output.path(Dataset.SHARDS + "/" + shardName));
    FileEntry shard = new FileEntry(shardName, tar.bytes(), rows.size(), tar.sha256());
    String indexName = task.stem() + ".parquet";
    Path indexAside = aside(Dataset.INDEX, indexName);
    ParquetTables.writeIndex(output.fileSystem(), indexAside, rows);
    Path index = output.path(Dataset.INDEX + "/" + indexName);
    output.moveInto(indexAside, index);
    return new Written(shard, entry(output.fileSystem(), index, rows.size()));
  }

  /** Describes a finished file. */
  static FileEntry entry(FileSystem fileSystem, Path path, long rows) throws IOException {
    try (InputStream in = fileSystem.open(path)) {
      long bytes = fileSystem.getFileStatus(path).getLen();
      return new FileEntry(path.getName(), bytes, rows, Sha256.of(in));
    }
  }

  private TarWriter.Written writeTar(
      ShardTask task, String shardName, Path aside, List<IndexRow> rows) throws IOException {
    try (SourceReader reader = new SourceReader(hadoop, settings.limits().maxFileBytes());
        PicturePreparation preparation = new PicturePreparation(settings);
        TarWriter tar =
            new TarWriter(
                new BufferedOutputStream(output.fileSystem().create(aside, true), 1 << 20))) {
      for (ShardTask.Entry entry : task.entries()) {
        byte[] bytes = reread(entry, reader, preparation);
        Outcome outcome = entry.outcome();
        String key = String.format("%09d", entry.id());
        long offset = tar.add(key + "." + outcome.extension(), bytes);
        if (task.labelled()) {
          String label = Integer.toString(entry.label());
          tar.add(key + ".cls", label.getBytes(StandardCharsets.US_ASCII));
        }
        rows.add(
            new IndexRow(
                entry.id(),
                key,
                shardName,
                offset,
                bytes.length,
                entry.label(),
                outcome.width(),
                outcome.height(),
                outcome.storedSha256(),
                outcome.name()));
      }
      return tar.finish();
    }
  }

  private static byte[] reread(
      ShardTask.Entry entry, SourceReader reader, PicturePreparation preparation)
      throws IOException {
    try {
      SourceReader.Content content = reader.read(entry.item());
      byte[] bytes = preparation.prepare(content.bytes(), content.name()).bytes();
      if (Sha256.of(bytes, bytes.length).equals(entry.outcome().storedSha256())) {
        return bytes;
      }
    } catch (ImageFault e) {
      throw changed(entry);
    }
    throw changed(entry);
  }

  private static DataException changed(ShardTask.Entry entry) {
    return DataException.input(
        "%s changed while it was being ingested. Run the ingest again when the input is at rest.",
        entry.outcome().name());
  }

  private Path aside(String directory, String name) {
    return output.path(directory + "/_" + name + "." + UUID.randomUUID());
  }
}
