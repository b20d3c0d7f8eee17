package org.sparkmim.model.engine.nd4j;

import java.util.Set;
import org.sparkmim.model.engine.EngineAgreement;
import org.sparkmim.model.engine.Precision;

class AgreementTest extends EngineAgreement {
  AgreementTest() {
    super(new Nd4jEngine(0), Set.of(Precision.F32));
  }
}
