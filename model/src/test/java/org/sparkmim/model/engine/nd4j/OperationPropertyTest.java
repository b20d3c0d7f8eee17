package org.sparkmim.model.engine.nd4j;

import java.util.Set;
import org.sparkmim.model.engine.OperationProperties;
import org.sparkmim.model.engine.Precision;

class OperationPropertyTest extends OperationProperties {
  OperationPropertyTest() {
    super(new Nd4jEngine(0), Set.of(Precision.F32));
  }
}
