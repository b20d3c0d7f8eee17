package org.sparkmim.model.weights;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of a file.
 *
 * @param metadata free text by key
 * @param tensors in the order of their bytes, without gap or overlap
 */
public record SafetensorsHeader(Map<String, String> metadata, List<TensorHeader> tensors) {
  public SafetensorsHeader {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = List.copyOf(tensors);
  }
}
