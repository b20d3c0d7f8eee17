package org.sparkmim.data.ingest;

import org.sparkmim.data.dataset.DatasetManifest;

/**
 * What an ingest came to.
 *
 * @param output where the data set lies, in full
 * @param alreadyThere whether it had been committed before, so that nothing was done
 */
public record IngestReport(String output, boolean alreadyThere, DatasetManifest manifest) {
  /** Files in quarantine. */
  public long quarantined() {
    return manifest.quarantined().values().stream().mapToLong(Long::longValue).sum();
  }
}
