package org.sparkmim.job.round;

import java.io.Serializable;
import org.apache.spark.storage.BlockManagerId;
import org.apache.spark.storage.RDDBlockId;

/**
 * A slice and the process that holds it.
 *
 * @param group the slices that are dropped together; see {@link SliceBlocks#drop}
 * @param index of the slice in its group
 */
record SliceRef(int group, int index, BlockManagerId holder) implements Serializable {
  RDDBlockId block() {
    return new RDDBlockId(group, index);
  }
}
