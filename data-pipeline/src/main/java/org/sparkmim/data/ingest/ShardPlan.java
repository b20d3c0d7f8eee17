package org.sparkmim.data.ingest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.sparkmim.data.dataset.DatasetManifest.Label;
import org.sparkmim.data.dataset.ParquetTables.QuarantineRow;
import org.sparkmim.data.image.ImageFault.Reason;
import org.sparkmim.data.source.SourceItem;
import org.sparkmim.data.source.SourceListing;

/**
 * Who goes where: a pure function of the listing, the outcomes and the shard size, so that any
 * parallelism gives the same data set.
 *
 * @param labels names and counts, empty without labels
 * @param shards shards to write, in order of sample ids
 * @param quarantine what is left out, in the order of the input
 */
record ShardPlan(List<Label> labels, List<ShardTask> shards, List<QuarantineRow> quarantine) {

  static ShardPlan of(SourceListing listing, List<Outcome> outcomes, long shardBytes) {
    List<String> names = labelNames(listing, outcomes);
    Map<String, Integer> numbers = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      numbers.put(listing.labelNames().isEmpty() ? names.get(i) : Integer.toString(i), i);
    }
    Builder builder = new Builder(shardBytes, !names.isEmpty(), new long[names.size()]);
    builder.quarantine.addAll(listing.rejected());
    for (int i = 0; i < outcomes.size(); i++) {
      builder.place(listing.items().get(i), outcomes.get(i), numbers);
    }
    builder.closeShard();
    List<Label> labels = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      labels.add(new Label(names.get(i), builder.counts[i]));
    }
    return new ShardPlan(labels, builder.shards, builder.quarantine);
  }

  long samples() {
    return shards.stream().mapToLong(shard -> shard.entries().size()).sum();
  }

  Map<String, Long> quarantinedByReason() {
    return quarantine.stream()
        .collect(Collectors.groupingBy(QuarantineRow::reason, Collectors.counting()));
  }

  /** Names of the input's own numbering, or all names found: numbers by value, others by text. */
  private static List<String> labelNames(SourceListing listing, List<Outcome> outcomes) {
    TreeSet<String> found =
        outcomes.stream()
            .map(Outcome::label)
            .filter(label -> !label.isEmpty())
            .collect(Collectors.toCollection(TreeSet::new));
    if (found.isEmpty() || !listing.labelNames().isEmpty()) {
      return found.isEmpty() ? List.of() : listing.labelNames();
    }
    boolean numeric = found.stream().allMatch(label -> label.matches("\\d{1,9}"));
    return numeric
        ? found.stream().sorted(Comparator.comparingInt(Integer::parseInt)).toList()
        : List.copyOf(found);
  }

  private static final class Builder {
    private final long shardBytes;
    private final boolean labelled;
    private final long[] counts;
    private final List<ShardTask> shards = new ArrayList<>();
    private final List<QuarantineRow> quarantine = new ArrayList<>();
    private final Map<String, String> firstWithContent = new HashMap<>();
    private List<ShardTask.Entry> open = new ArrayList<>();
    private long openBytes;
    private long nextId;

    Builder(long shardBytes, boolean labelled, long[] counts) {
      this.shardBytes = shardBytes;
      this.labelled = labelled;
      this.counts = counts;
    }

    void place(SourceItem item, Outcome outcome, Map<String, Integer> numbers) {
      if (!outcome.good()) {
        quarantine.add(new QuarantineRow(outcome.name(), outcome.reason(), outcome.message()));
        return;
      }
      Integer label = labelled ? numbers.get(outcome.label()) : Integer.valueOf(-1);
      if (label == null) {
        String found = outcome.label().isEmpty() ? "has no label" : "has an unknown label";
        refuse(outcome, Reason.NO_LABEL, found);
        return;
      }
      String first = firstWithContent.putIfAbsent(outcome.sourceSha256(), outcome.name());
      if (first != null) {
        refuse(outcome, Reason.DUPLICATE, "same bytes as " + first);
        return;
      }
      open.add(new ShardTask.Entry(nextId++, label, item, outcome));
      openBytes += outcome.bytes();
      if (labelled) {
        counts[label]++;
      }
      if (openBytes >= shardBytes) {
        closeShard();
      }
    }

    private void refuse(Outcome outcome, Reason reason, String message) {
      quarantine.add(new QuarantineRow(outcome.name(), reason.code(), message));
    }

    void closeShard() {
      if (!open.isEmpty()) {
        shards.add(new ShardTask(String.format("train-%05d", shards.size()), labelled, open));
        open = new ArrayList<>();
        openBytes = 0;
      }
    }
  }
}
