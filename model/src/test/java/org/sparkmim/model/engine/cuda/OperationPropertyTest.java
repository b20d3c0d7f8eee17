package org.sparkmim.model.engine.cuda;

import java.util.Set;
import org.sparkmim.model.engine.OperationProperties;
import org.sparkmim.model.engine.Precision;

class OperationPropertyTest extends OperationProperties {
  OperationPropertyTest() {
    super(new EmulatedEngine(), Set.of(Precision.values()));
  }
}
