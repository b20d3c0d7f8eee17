package org.sparkmim.job.verify;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.SafetensorsReader;
import org.sparkmim.model.weights.Tensor;
import org.sparkmim.model.weights.TensorHeader;

/** Golden bundles of the tests, and spoiled copies of them. */
final class Bundles {
  private Bundles() {}

  static Path localMim() {
    return of("localmim_vit");
  }

  /** The bundle of a model. */
  static Path of(String model) {
    return resource("/golden/" + model + "_dev.safetensors");
  }

  static Path hog() {
    return resource("/golden/hog_dev.safetensors");
  }

  /** A copy in which the bytes of some tensors have been changed. */
  static Path spoiled(Path source, Path target, List<String> tensors, Consumer<ByteBuffer> change)
      throws IOException {
    Map<String, Consumer<ByteBuffer>> changes = new HashMap<>();
    tensors.forEach(tensor -> changes.put(tensor, change));
    return copy(source, target, Map.of(), Set.of(), changes, List.of());
  }

  /** A copy with other metadata. */
  static Path withMetadata(Path source, Path target, Map<String, String> metadata)
      throws IOException {
    return copy(source, target, metadata, Set.of(), Map.of(), List.of());
  }

  /** A copy that lacks some tensors. */
  static Path without(Path source, Path target, Set<String> tensors) throws IOException {
    return copy(source, target, Map.of(), tensors, Map.of(), List.of());
  }

  /** A copy with one tensor more. */
  static Path with(Path source, Path target, Tensor more) throws IOException {
    return copy(source, target, Map.of(), Set.of(), Map.of(), List.of(more));
  }

  static Map<String, String> metadata(Path source) throws IOException {
    try (SafetensorsReader in = Safetensors.open(source)) {
      return in.metadata();
    }
  }

  private static Path copy(
      Path source,
      Path target,
      Map<String, String> metadata,
      Set<String> leftOut,
      Map<String, Consumer<ByteBuffer>> changes,
      List<Tensor> more)
      throws IOException {
    try (SafetensorsReader in = Safetensors.open(source)) {
      Map<String, String> all = new HashMap<>(in.metadata());
      all.putAll(metadata);
      List<Tensor> tensors = new ArrayList<>(more);
      for (TensorHeader header : in.tensors()) {
        if (!leftOut.contains(header.name())) {
          ByteBuffer bytes =
              ByteBuffer.wrap(in.bytes(header.name())).order(ByteOrder.LITTLE_ENDIAN);
          changes.getOrDefault(header.name(), ignored -> {}).accept(bytes);
          tensors.add(Tensor.raw(header.name(), header.type(), header.shape(), bytes));
        }
      }
      Safetensors.write(target, all, tensors);
      return target;
    }
  }

  private static Path resource(String name) {
    try {
      return Path.of(Bundles.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
