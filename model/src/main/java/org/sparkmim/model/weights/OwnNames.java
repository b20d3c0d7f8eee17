package org.sparkmim.model.weights;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sparkmim.model.ModelException;

/** A part of a weights file of SparkMIM's own. */
public final class OwnNames {
  private static final NameMapping ALL =
      new NameMapping(new NameTable().same("*", "*"), List.of(), List.of());

  private static final NameMapping SOME =
      new NameMapping(new NameTable().same("*", "*"), List.of(), List.of("*"));

  private OwnNames() {}

  /**
   * The part's tensors; of a whole model nothing may be left over.
   *
   * @param wanted shape of every tensor that is needed, by name
   * @param optional those that may be missing
   * @throws ModelException INPUT that lists what is missing, unexpected or of another shape
   */
  public static Map<String, FloatTensor> read(
      SafetensorsReader file, Part part, Map<String, List<Long>> wanted, Set<String> optional) {
    NameMapping mapping = part == Part.FULL ? ALL : SOME;
    return mapping.toOurs(file, "", part, wanted, optional).tensors();
  }
}
