package org.sparkmim.model.engine.cuda;

import java.util.Set;
import org.sparkmim.model.engine.EngineAgreement;
import org.sparkmim.model.engine.Precision;

class AgreementTest extends EngineAgreement {
  /** So few that attention works on parts of every minibatch. */
  private static final long SCORES = 1000;

  AgreementTest() {
    super(new EmulatedEngine(false, SCORES), Set.of(Precision.values()));
  }
}
