package org.sparkmim.model.graph;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A finished network: its values, its operations in forward order, and its losses. */
public final class Graph {
  private final List<Value> values;
  private final List<Op> ops;
  private final List<Value> losses;
  private final List<Value> outputs;
  private final Map<String, Value> named;

  Graph(
      List<Value> values,
      List<Op> ops,
      List<Value> losses,
      List<Value> outputs,
      Map<String, Value> named) {
    this.values = List.copyOf(values);
    this.ops = List.copyOf(ops);
    this.losses = List.copyOf(losses);
    this.outputs = List.copyOf(outputs);
    this.named = Collections.unmodifiableMap(named);
  }

  public List<Value> values() {
    return values;
  }

  /** Operations in an order in which every input is written before it is read. */
  public List<Op> ops() {
    return ops;
  }

  /** The scalars whose sum is trained, in the order in which they were built. */
  public List<Value> losses() {
    return losses;
  }

  /** Values that can be read after every forward pass, whoever else reads them. */
  public List<Value> outputs() {
    return outputs;
  }

  /** Parameters in the order of the flat parameter vector. */
  public List<Value> parameters() {
    return values.stream().filter(v -> v.role() == Value.Role.PARAMETER).toList();
  }

  /** Values that can be asked for by name: inputs, indices, parameters and labelled results. */
  public Map<String, Value> named() {
    return named;
  }

  /** The value of that name, if there is one. */
  public Optional<Value> find(String name) {
    return Optional.ofNullable(named.get(name));
  }
}
