package org.sparkmim.job.round;

import java.util.List;
import org.apache.spark.Partition;
import org.apache.spark.TaskContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.scheduler.ExecutorCacheTaskLocation;
import org.apache.spark.storage.BlockManagerId;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.reflect.ClassTag$;

/** Another RDD's partitions, each wished to be computed where the data lies that it works on. */
final class PlacedRdd<T> extends RDD<T> {
  private static final long serialVersionUID = 1L;

  private final RDD<T> parent;
  private final transient List<BlockManagerId> places;

  /**
   * @param places of the partitions, in their order; of the driver's and of those beyond nothing is
   *     wished
   */
  PlacedRdd(RDD<T> parent, List<BlockManagerId> places) {
    super(parent, ClassTag$.MODULE$.<T>apply(Object.class));
    this.parent = parent;
    this.places = List.copyOf(places);
  }

  @Override
  public Iterator<T> compute(Partition split, TaskContext context) {
    return parent.iterator(split, context);
  }

  @Override
  public Partition[] getPartitions() {
    return parent.partitions();
  }

  @Override
  public Seq<String> getPreferredLocations(Partition split) {
    List<String> wish = List.of();
    if (split.index() < places.size() && !places.get(split.index()).isDriver()) {
      BlockManagerId place = places.get(split.index());
      wish = List.of(ExecutorCacheTaskLocation.apply(place.host(), place.executorId()).toString());
    }
    return JavaConverters.asScalaBuffer(wish).toSeq();
  }
}
