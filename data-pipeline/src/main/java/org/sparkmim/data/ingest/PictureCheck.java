package org.sparkmim.data.ingest;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.sparkmim.data.dataset.Sha256;
import org.sparkmim.data.image.ImageFault;
import org.sparkmim.data.image.ImageFault.Reason;
import org.sparkmim.data.source.SourceItem;
import org.sparkmim.data.source.SourceReader;

/** Reads and checks items one after the other; a bad one is an outcome, not a failure. */
final class PictureCheck implements AutoCloseable {
  private final SourceReader reader;
  private final PicturePreparation preparation;

  PictureCheck(Configuration hadoop, IngestSettings.Preparation settings) {
    this.reader = new SourceReader(hadoop, settings.limits().maxFileBytes());
    this.preparation = new PicturePreparation(settings);
  }

  Outcome check(SourceItem item) {
    SourceReader.Content content;
    try {
      content = reader.read(item);
    } catch (ImageFault e) {
      return refused(item.name(), item.label(), e.reason(), e.getMessage());
    } catch (IOException e) {
      return refused(item.name(), item.label(), Reason.UNREADABLE, String.valueOf(e.getMessage()));
    }
    try {
      Picture picture = preparation.prepare(content.bytes(), content.name());
      return new Outcome(
          content.name(),
          content.label(),
          "",
          "",
          Sha256.of(content.bytes(), content.bytes().length),
          Sha256.of(picture.bytes(), picture.bytes().length),
          picture.bytes().length,
          picture.extension(),
          picture.width(),
          picture.height());
    } catch (ImageFault e) {
      return refused(content.name(), content.label(), e.reason(), e.getMessage());
    }
  }

  private static Outcome refused(String name, String label, Reason reason, String message) {
    return Outcome.refused(name, label, reason.code(), message);
  }

  @Override
  public void close() throws IOException {
    reader.close();
    preparation.close();
  }
}
