package org.sparkmim.job.device;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.sparkmim.job.MimException;

/**
 * The devices that CUDA shows to this process, in its order. Spark speaks of a GPU by its address,
 * which the discovery script took from {@code nvidia-smi}: its index on the machine, or its UUID.
 * CUDA numbers what {@code CUDA_VISIBLE_DEVICES} lets through, from 0.
 *
 * @param listed entries of {@code CUDA_VISIBLE_DEVICES}; empty if all devices are visible
 */
record VisibleDevices(List<String> listed) {
  private static final Pattern INDEX = Pattern.compile("[0-9]{1,4}");

  VisibleDevices {
    listed = List.copyOf(listed);
  }

  /** Those of an environment variable, null if it is not set. */
  static VisibleDevices of(String variable) {
    return new VisibleDevices(
        variable == null
            ? List.of()
            : Arrays.stream(variable.split(",")).map(String::strip).toList());
  }

  /**
   * CUDA's number of a device.
   *
   * @throws MimException (usage) if the process cannot see it
   */
  int ordinalOf(String address) {
    if (listed.isEmpty() && INDEX.matcher(address).matches()) {
      return Integer.parseInt(address);
    }
    int place = listed.indexOf(address);
    if (place < 0) {
      throw MimException.usage(
          "Spark assigned GPU "
              + address
              + " to a task, which its process cannot see: CUDA_VISIBLE_DEVICES is "
              + (listed.isEmpty() ? "not set" : String.join(",", listed))
              + ". Let spark.executor.resource.gpu.discoveryScript (submit-scripts/discover-gpus)"
              + " run where executors run, or unset CUDA_VISIBLE_DEVICES.");
    }
    return place;
  }
}
