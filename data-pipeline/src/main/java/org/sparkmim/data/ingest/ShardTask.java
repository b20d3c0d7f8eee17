package org.sparkmim.data.ingest;

import java.util.List;
import org.sparkmim.data.source.SourceItem;

/**
 * A shard to write.
 *
 * @param stem file name without extension, such as {@code train-00000}
 * @param labelled whether samples carry labels
 * @param entries its samples, in order
 */
record ShardTask(String stem, boolean labelled, List<Entry> entries) {
  /**
   * A sample to write.
   *
   * @param label label number, -1 without labels
   */
  record Entry(long id, int label, SourceItem item, Outcome outcome) {}
}
