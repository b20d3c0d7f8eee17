package org.sparkmim.data.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.sparkmim.data.DataException;
import org.sparkmim.data.image.ImageLimits;

/**
 * The content of {@code dataset.json}, whose appearance commits the data set.
 *
 * @param format always {@link #FORMAT}
 * @param hash identity of the content, see {@link #contentHash}
 * @param samples samples in all shards
 * @param labels label names and their sample counts, in the order of label numbers; empty without
 *     labels
 * @param input what was ingested
 * @param inputHash digest of the input's listing
 * @param settings ingest settings that shape the content
 * @param shards WebDataset tars below {@code shards/}, in order of sample ids
 * @param index Parquet files below {@code index/}, one a shard
 * @param quarantine Parquet files below {@code quarantine/}
 * @param quarantined files in quarantine by reason code
 */
public record DatasetManifest(
    String format,
    String hash,
    long samples,
    List<Label> labels,
    String input,
    String inputHash,
    SortedMap<String, String> settings,
    List<FileEntry> shards,
    List<FileEntry> index,
    List<FileEntry> quarantine,
    SortedMap<String, Long> quarantined) {
  public static final String FORMAT = "sparkmim-dataset/1";
  public static final String FILE_NAME = "dataset.json";
  private static final Pattern FILE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]*\\.(tar|parquet)");
  private static final int SMALLEST_TAR_ENTRY_BYTES = 1024;

  /** A label name and how many samples carry it. */
  public record Label(String name, long samples) {
    public Label {
      Objects.requireNonNull(name);
    }
  }

  /**
   * A file of the data set.
   *
   * @param name file name without directory
   * @param rows samples or quarantined files in it
   */
  public record FileEntry(String name, long bytes, long rows, String sha256) {
    public FileEntry {
      Objects.requireNonNull(name);
      Objects.requireNonNull(sha256);
    }
  }

  public DatasetManifest {
    labels = List.copyOf(labels);
    shards = List.copyOf(shards);
    index = List.copyOf(index);
    quarantine = List.copyOf(quarantine);
    settings = new TreeMap<>(settings);
    quarantined = new TreeMap<>(quarantined);
  }

  /**
   * Identity of the content: what the samples are and how they are labelled, not where they lie.
   */
  public static String contentHash(long samples, List<Label> labels, List<FileEntry> shards) {
    return Sha256.of(
        Json.write(Map.of("samples", samples)) + Json.write(labels) + Json.write(shards));
  }

  /** What its pictures may cost at most, as checked when they were ingested. */
  public ImageLimits limits() {
    return new ImageLimits(
        Integer.parseInt(settings.get("max-file-bytes")),
        Long.parseLong(settings.get("max-pixels")));
  }

  /** The text of {@code dataset.json}, sealed with its own SHA-256. */
  public String toJson() {
    return Seal.on(Json.writeIndented(this));
  }

  /**
   * @param where named in errors
   * @throws DataException (input) for text that is not a manifest, or contradicts itself
   */
  static DatasetManifest parse(String json, String where) {
    DatasetManifest manifest;
    try {
      manifest = Objects.requireNonNull(Json.read(json, DatasetManifest.class));
      manifest.limits();
    } catch (JsonProcessingException | RuntimeException e) {
      throw new DataException(
          DataException.Kind.INPUT,
          where + " is not a data set manifest; ingest the data set again",
          e);
    }
    require(isUnbroken(json), where, "its SHA-256 does not match its content");
    manifest.validate(where);
    return manifest;
  }

  /** The first versions sealed nothing; a text with a member that none of them wrote is damaged. */
  private static boolean isUnbroken(String json) {
    if (Seal.isOn(json)) {
      return Seal.isSound(json);
    }
    Set<String> known =
        Arrays.stream(DatasetManifest.class.getRecordComponents())
            .map(RecordComponent::getName)
            .collect(Collectors.toSet());
    return Json.members(json).equals(known);
  }

  private void validate(String where) {
    require(FORMAT.equals(format), where, "format is '" + format + "', not '" + FORMAT + "'");
    long rows = 0;
    long bytes = 0;
    require(shards.size() == index.size(), where, "shards and index files differ in number");
    for (int i = 0; i < shards.size(); i++) {
      requireName(where, shards.get(i));
      requireName(where, index.get(i));
      require(shards.get(i).rows() == index.get(i).rows(), where, "index " + i + " has other rows");
      rows += shards.get(i).rows();
      bytes += shards.get(i).bytes();
    }
    quarantine.forEach(entry -> requireName(where, entry));
    require(rows == samples, where, "shards hold " + rows + " samples, not " + samples);
    require(samples > 0 && samples <= Integer.MAX_VALUE - 8, where, samples + " samples");
    require(samples <= bytes / SMALLEST_TAR_ENTRY_BYTES, where, samples + " samples do not fit");
    long labelled = labels.stream().mapToLong(Label::samples).sum();
    require(labels.isEmpty() || labelled == samples, where, "label counts add up to " + labelled);
    require(
        contentHash(samples, labels, shards).equals(hash),
        where,
        "its hash does not match its content");
  }

  private static void requireName(String where, FileEntry entry) {
    require(FILE.matcher(entry.name()).matches(), where, "file name '" + entry.name() + "'");
    require(entry.bytes() >= 0 && entry.rows() >= 0, where, entry.name() + " has a negative size");
  }

  private static void require(boolean condition, String where, String what) {
    if (!condition) {
      throw DataException.input(
          "%s is damaged (%s); restore it or ingest the data set again", where, what);
    }
  }
}
