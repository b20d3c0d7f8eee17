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
   * @param decayed whether weight decay applies
   */
  public record Entry(String name, List<Integer> shape, long offset, Init init, boolean decayed) {
    /** Number of elements. */
    public long size() {
      long n = 1;
      for (int extent : shape) {
        n *= extent;
      }
      return n;
    }
  }

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final long size;

  private ParameterLayout(Graph graph, List<String> undecayed) {
    long offset = 0;
    for (Value parameter : graph.parameters()) {
      List<Integer> shape = new ArrayList<>();
      for (int extent : parameter.shape()) {
        shape.add(extent);
      }
      String name = parameter.name();
      boolean decayed =
          shape.size() > 1
              && !name.endsWith(".bias")
              && undecayed.stream().noneMatch(name::contains);
      entries.put(name, new Entry(name, List.copyOf(shape), offset, parameter.init(), decayed));
      offset += parameter.size();
    }
    size = offset;
  }

  /** The layout of a graph's parameters, in their order. */
  public static ParameterLayout of(Graph graph) {
    return of(graph, List.of());
  }

  /**
   * The layout of a graph's parameters, in their order. Weight decay spares vectors, biases and
   * names with one of the given fragments (MAE 1.6: class and mask tokens, which have three
   * dimensions, are decayed).
   */
  public static ParameterLayout of(Graph graph, List<String> undecayed) {
    return new ParameterLayout(graph, undecayed);
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
