package org.sparkmim.data.source;

import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.sparkmim.data.dataset.Storage;
import org.sparkmim.data.image.ImageFault;
import org.sparkmim.data.image.ImageFault.Reason;

/** Reads the bytes of source items; quickest when items of one file follow each other. */
public final class SourceReader implements AutoCloseable {
  private final Configuration hadoop;
  private final int maxFileBytes;
  private String path = "";
  private FSDataInputStream file;
  private ParquetPictures table;

  /**
   * @param maxFileBytes larger pictures are refused before memory is taken for them
   */
  public SourceReader(Configuration hadoop, int maxFileBytes) {
    this.hadoop = hadoop;
    this.maxFileBytes = maxFileBytes;
  }

  /**
   * What an item holds.
   *
   * @param name the item's name, with the table's own name of it where there is one
   * @param label class name, empty for none
   */
  public record Content(byte[] bytes, String name, String label) {}

  /**
   * @throws ImageFault when it is larger than the limit
   * @throws IOException when the file system fails
   */
  public Content read(SourceItem item) throws IOException, ImageFault {
    if (item.row() >= 0) {
      return readRow(item);
    }
    requireSize(item.length());
    if (file == null || !path.equals(item.path())) {
      close();
      Storage storage = Storage.at(hadoop, item.path());
      file = storage.fileSystem().open(storage.root());
      path = item.path();
    }
    byte[] bytes = new byte[(int) item.length()];
    file.readFully(item.offset(), bytes);
    return new Content(bytes, item.name(), item.label());
  }

  private Content readRow(SourceItem item) throws IOException, ImageFault {
    if (table == null || !path.equals(item.path()) || !table.isAhead(item.row())) {
      close();
      table = ParquetPictures.open(hadoop, item.path());
      path = item.path();
    }
    ParquetPictures.Picture picture = table.read(item.row());
    requireSize(picture.bytes().length);
    Optional<String> name = picture.name().map(n -> item.name() + "/" + n);
    return new Content(
        picture.bytes(),
        SourceItem.limited(name.orElse(item.name())),
        SourceItem.limited(picture.label().orElse("")));
  }

  private void requireSize(long bytes) throws ImageFault {
    if (bytes > maxFileBytes) {
      throw new ImageFault(
          Reason.TOO_MANY_BYTES, bytes + " bytes, more than the limit of " + maxFileBytes);
    }
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
    if (table != null) {
      table.close();
    }
    file = null;
    table = null;
    path = "";
  }
}
