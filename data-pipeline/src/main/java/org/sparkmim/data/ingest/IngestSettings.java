package org.sparkmim.data.ingest;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.io.Serializable;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sparkmim.data.DataException;
import org.sparkmim.data.image.ImageLimits;
import org.sparkmim.data.source.Layout;

/**
 * What to ingest and how.
 *
 * @param input file, directory or glob pattern on any Hadoop file system
 * @param output directory of the data set; new, empty, or left by an interrupted ingest
 * @param layout as forced; empty to detect it
 * @param shardBytes a shard is closed once it holds this many bytes of pictures
 * @param limits what a picture may cost
 * @param acceptWrongExtension whether a picture of another format than its name says is taken
 * @param resizeShortSide short side to shrink to, in pixels; 0 keeps files as they are
 * @param jpegQuality quality of shrunk pictures, 1 to 100
 */
public record IngestSettings(
    String input,
    String output,
    Optional<Layout> layout,
    long shardBytes,
    ImageLimits limits,
    boolean acceptWrongExtension,
    int resizeShortSide,
    int jpegQuality) {
  private static final int LARGEST_FILE = 1 << 30;
  private static final long LARGEST_PICTURE = 500_000_000;

  public IngestSettings {
    require(shardBytes >= 1 && shardBytes <= 1L << 40, "shard-bytes", "1..2^40", shardBytes);
    require(
        limits.maxFileBytes() >= 1 && limits.maxFileBytes() <= LARGEST_FILE,
        "max-file-bytes",
        "1.." + LARGEST_FILE,
        limits.maxFileBytes());
    require(
        limits.maxPixels() >= 1 && limits.maxPixels() <= LARGEST_PICTURE,
        "max-pixels",
        "1.." + LARGEST_PICTURE,
        limits.maxPixels());
    require(
        resizeShortSide >= 0 && resizeShortSide <= 1 << 14,
        "resize-short-side",
        "0 (off) to 16384",
        resizeShortSide);
    require(jpegQuality >= 1 && jpegQuality <= 100, "jpeg-quality", "1..100", jpegQuality);
  }

  /**
   * Reads {@code mim.data.ingest}.
   *
   * @param mimData the section {@code mim.data}
   * @throws DataException (argument) for values of the wrong kind or outside their range
   */
  public static IngestSettings from(Config mimData, String input, String output) {
    try {
      Config ingest = mimData.getConfig("ingest");
      long maxFileBytes = ingest.getBytes("max-file-bytes");
      return new IngestSettings(
          input,
          output,
          Layout.parse(ingest.getString("layout")),
          ingest.getBytes("shard-bytes"),
          new ImageLimits(
              (int) Math.min(Integer.MAX_VALUE, maxFileBytes), ingest.getLong("max-pixels")),
          acceptsWrongExtension(ingest.getString("wrong-extension")),
          ingest.getInt("resize-short-side"),
          ingest.getInt("jpeg-quality"));
    } catch (ConfigException e) {
      throw new DataException(
          DataException.Kind.ARGUMENT, "Cannot read data.ingest: " + e.getMessage(), e);
    }
  }

  private static boolean acceptsWrongExtension(String value) {
    require(
        value.equals("accept") || value.equals("quarantine"),
        "wrong-extension",
        "accept or quarantine",
        value);
    return value.equals("accept");
  }

  private static void require(boolean condition, String key, String allowed, Object value) {
    if (!condition) {
      throw DataException.argument("data.ingest.%s must be %s, got %s", key, allowed, value);
    }
  }

  /** What shapes the content, as the manifest keeps it. */
  SortedMap<String, String> content(Layout resolved) {
    SortedMap<String, String> map = new TreeMap<>();
    map.put("layout", resolved.code());
    map.put("shard-bytes", Long.toString(shardBytes));
    map.put("max-file-bytes", Integer.toString(limits.maxFileBytes()));
    map.put("max-pixels", Long.toString(limits.maxPixels()));
    map.put("wrong-extension", acceptWrongExtension ? "accept" : "quarantine");
    map.put("resize-short-side", Integer.toString(resizeShortSide));
    map.put("jpeg-quality", Integer.toString(jpegQuality));
    return map;
  }

  Preparation preparation() {
    return new Preparation(limits, acceptWrongExtension, resizeShortSide, jpegQuality);
  }

  /** The part of the settings that tasks need. */
  record Preparation(
      ImageLimits limits, boolean acceptWrongExtension, int resizeShortSide, int jpegQuality)
      implements Serializable {}
}
