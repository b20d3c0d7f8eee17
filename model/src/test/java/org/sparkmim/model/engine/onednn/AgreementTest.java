package org.sparkmim.model.engine.onednn;

import java.util.Set;
import org.sparkmim.model.engine.EngineAgreement;
import org.sparkmim.model.engine.Precision;

class AgreementTest extends EngineAgreement {
  AgreementTest() {
    super(new OneDnnEngine(), Set.of(Precision.values()));
  }
}
