package org.sparkmim.model.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;

/** Where each parameter lies in the flat float32 vector, under its published name. */
public final class ParameterLayout {
  /**
   * A range of the vector.
   *
   * @param name as in the published checkpoints
   * @param offset first element
   * @param init how it starts
   */
  public record Entry(String name, List<Integer> shape, long offset, Init init) {
    /** Number of elements. */
    public long size() {
      long n = 1;
      for (int extent : shape) {
        n *= extent;
      }
      return n;
    }

    /**
     * Whether weight decay applies: not to vectors, nor to anything named bias. Class and mask
     * tokens have three dimensions and are decayed, as in the published code (MAE, 1.6).
     */
    public boolean decayed() {
      return shape.size() > 1 && !name.endsWith(".bias");
    }
  }

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final long size;

  private ParameterLayout(Graph graph) {
    long offset = 0;
    for (Value parameter : graph.parameters()) {
      List<Integer> shape = new ArrayList<>();
      for (int extent : parameter.shape()) {
        shape.add(extent);
      }
      Entry entry = new Entry(parameter.name(), List.copyOf(shape), offset, parameter.init());
      entries.put(parameter.name(), entry);
      offset += parameter.size();
    }
    size = offset;
  }

  /** The layout of a graph's parameters, in their order. */
  public static ParameterLayout of(Graph graph) {
    return new ParameterLayout(graph);
  }

  /** All ranges, in order, without gaps. */
  public List<Entry> entries() {
    return List.copyOf(entries.values());
  }

  /** The range of that name, if there is one. */
  public Optional<Entry> find(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  /** Elements of the whole vector. */
  public long size() {
    return size;
  }
}
