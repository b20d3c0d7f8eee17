package org.sparkmim.model.engine.onednn;

import java.util.Set;
import org.sparkmim.model.engine.OperationProperties;
import org.sparkmim.model.engine.Precision;

class OperationPropertyTest extends OperationProperties {
  OperationPropertyTest() {
    super(new OneDnnEngine(), Set.of(Precision.values()));
  }
}
