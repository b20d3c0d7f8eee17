package org.sparkmim.data.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.sparkmim.data.dataset.Json;
import org.sparkmim.data.dataset.ParquetTables.QuarantineRow;
import org.sparkmim.data.image.ImageFault.Reason;
import org.sparkmim.data.image.ImageFormat;

/**
 * The pictures of one tar.
 *
 * @param items in the order of the archive
 * @param rejected what no picture can be made of, and where a damaged archive ends
 */
public record TarListing(List<SourceItem> items, List<QuarantineRow> rejected) {
  private static final int MAX_LABEL_BYTES = 1 << 20;

  /** Lists a tar of one class: every ordinary file is taken for a picture. */
  public static TarListing ofClass(Configuration hadoop, TarRange tar) {
    TarListing listing = new TarListing(new ArrayList<>(), new ArrayList<>());
    listing.scan(
        hadoop,
        tar,
        (scanner, entry) ->
            listing.items.add(
                SourceItem.range(
                    tar.name() + "/" + entry.name(),
                    tar.label(),
                    tar.path(),
                    entry.offset(),
                    entry.length())));
    return listing;
  }

  /** Lists the tars inside a tar, without going into them. */
  public static List<TarRange> inner(
      Configuration hadoop, TarRange outer, List<QuarantineRow> rejected) {
    List<TarRange> inner = new ArrayList<>();
    TarListing listing = new TarListing(List.of(), rejected);
    listing.scan(
        hadoop,
        outer,
        (scanner, entry) -> {
          String name = baseName(entry.name());
          if (name.endsWith(".tar") && name.length() > ".tar".length()) {
            inner.add(
                new TarRange(
                    outer.name() + "/" + name,
                    SourceItem.limited(name.substring(0, name.length() - ".tar".length())),
                    outer.path(),
                    entry.offset(),
                    entry.length()));
          } else {
            rejected.add(
                reject(outer.name() + "/" + entry.name(), Reason.NOT_AN_IMAGE, "is no class tar"));
          }
        });
    return inner;
  }

  /**
   * Lists a WebDataset tar: neighbouring entries with one stem are a sample; its label is the text
   * of {@code .cls}, or {@code label}, {@code cls} or {@code class} in {@code .json}.
   */
  public static TarListing ofSamples(Configuration hadoop, TarRange tar) {
    TarListing listing = new TarListing(new ArrayList<>(), new ArrayList<>());
    SampleGrouping grouping = new SampleGrouping(tar, listing);
    listing.scan(hadoop, tar, grouping);
    grouping.finish();
    return listing;
  }

  private interface Visitor {
    void visit(TarScanner scanner, TarEntry entry) throws IOException, TarFault;
  }

  private void scan(Configuration hadoop, TarRange tar, Visitor visitor) {
    try (TarScanner scanner = TarScanner.open(hadoop, tar.path(), tar.offset(), tar.length())) {
      for (var entry = scanner.next(); entry.isPresent(); entry = scanner.next()) {
        if (entry.get().regular()) {
          visitor.visit(scanner, entry.get());
        }
      }
    } catch (TarFault e) {
      rejected.add(
          reject(
              tar.name(), Reason.CORRUPT, e.getMessage() + "; what follows in it is not ingested"));
    } catch (IOException e) {
      rejected.add(
          reject(
              tar.name(),
              Reason.UNREADABLE,
              e.getMessage() + "; what follows in it is not ingested"));
    }
  }

  static QuarantineRow reject(String name, Reason reason, String message) {
    return new QuarantineRow(SourceItem.limited(name), reason.code(), message);
  }

  private static String baseName(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** Collects the entries of one sample at a time. */
  private static final class SampleGrouping implements Visitor {
    private final TarRange tar;
    private final TarListing listing;
    private String key = "";
    private String label = "";
    private TarEntry picture;
    private boolean any;

    SampleGrouping(TarRange tar, TarListing listing) {
      this.tar = tar;
      this.listing = listing;
    }

    @Override
    public void visit(TarScanner scanner, TarEntry entry) throws IOException, TarFault {
      int directory = entry.name().lastIndexOf('/') + 1;
      int dot = entry.name().indexOf('.', directory);
      int stem = dot < 0 ? entry.name().length() : dot;
      if (!any || !entry.name().substring(0, stem).equals(key)) {
        finish();
        key = entry.name().substring(0, stem);
        any = true;
      }
      String extension = entry.name().substring(stem).toLowerCase(Locale.ROOT);
      if (extension.equals(".cls")) {
        label = new String(scanner.read(entry, MAX_LABEL_BYTES), StandardCharsets.UTF_8).strip();
      } else if (extension.equals(".json") && label.isEmpty()) {
        label = jsonLabel(scanner.read(entry, MAX_LABEL_BYTES)).orElse("");
      } else if (picture == null && ImageFormat.ofName(entry.name()).isPresent()) {
        picture = entry;
      }
    }

    void finish() {
      if (any && picture == null) {
        listing.rejected.add(
            reject(tar.name() + "/" + key, Reason.NOT_AN_IMAGE, "the sample has no picture"));
      } else if (any) {
        String name = tar.name() + "/" + picture.name();
        listing.items.add(
            SourceItem.range(name, label, tar.path(), picture.offset(), picture.length()));
      }
      label = "";
      picture = null;
      any = false;
    }

    private static Optional<String> jsonLabel(byte[] json) {
      try {
        JsonNode node = Json.read(new String(json, StandardCharsets.UTF_8), JsonNode.class);
        for (String field : List.of("label", "cls", "class")) {
          JsonNode value = node.path(field);
          if (value.isValueNode() && !value.isNull()) {
            return Optional.of(value.asText());
          }
        }
        return Optional.empty();
      } catch (JsonProcessingException e) {
        // A sample without a readable label is told of where labels are numbered.
        return Optional.empty();
      }
    }
  }
}
