package org.sparkmim.job.plan;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;

/** Refuses trainings for which there is no room. */
public final class Room {
  private Room() {}

  /** Whether one process with all workers fits into this machine, or its container. */
  public static void inMemory(WorkerPlan plan) {
    long there =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    if (plan.embeddedBytes() > there) {
      throw MimException.usage(
          String.format(
              Locale.ROOT,
              "Cannot train here: %d workers need %,d MiB, and this machine has %,d MiB. Lower"
                  + " train.batch-size or train.workers, set engine.precision = bf16, or name a"
                  + " cluster with --master (an executor needs %,d MiB).",
              plan.workers(),
              plan.embeddedBytes() >> 20,
              there >> 20,
              plan.executorBytes() >> 20));
    }
  }

  /** Whether a run fits onto the file system of its directory. */
  public static void onDisk(RunPlan plan, Configuration hadoop, String output) {
    try {
      FileSystem fs = new Path(output).getFileSystem(hadoop);
      Path there = fs.makeQualified(new Path(output));
      while (!fs.exists(there) && there.getParent() != null) {
        there = there.getParent();
      }
      long free = fs.getStatus(there).getRemaining();
      if (plan.diskBytes() > free) {
        throw MimException.usage(
            String.format(
                Locale.ROOT,
                "Cannot write a run to %s: it needs %,d MiB, and there are %,d MiB. Free space, name"
                    + " another --output, or lower train.checkpoint.keep.",
                output,
                plan.diskBytes() >> 20,
                free >> 20));
      }
    } catch (IOException | IllegalArgumentException e) {
      throw MimException.usage(
          "Cannot look for room at " + output + ": " + e.getMessage() + ". Check the address.", e);
    }
  }
}
