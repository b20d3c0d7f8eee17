package org.sparkmim.job;

/** The acts of a run at which something can fail, in the order in which a round meets them. */
public enum Phase {
  SHARD_OPEN,
  DECODE,
  STEP,
  SLICE_SEND,
  AVERAGE,
  OUTER_STEP,
  BROADCAST,
  BLOB_WRITE,
  MANIFEST_WRITE,
  COMMIT_RENAME,
  OLD_CHECKPOINT_DELETE,
  EVALUATION
}
