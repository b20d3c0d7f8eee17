package org.sparkmim.model.engine.cuda;

import java.util.Set;
import org.sparkmim.model.engine.EngineAgreement;
import org.sparkmim.model.engine.Precision;

class AgreementTest extends EngineAgreement {
  AgreementTest() {
    super(new EmulatedEngine(), Set.of(Precision.values()));
  }
}
