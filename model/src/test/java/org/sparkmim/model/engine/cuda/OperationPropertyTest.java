package org.sparkmim.model.engine.cuda;

import java.util.Set;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import org.sparkmim.model.engine.OperationProperties;
import org.sparkmim.model.engine.Precision;

@AddLifecycleHook(NeedsEmulator.class)
class OperationPropertyTest extends OperationProperties {
  OperationPropertyTest() {
    super(new EmulatedEngine(), Set.of(Precision.values()));
  }
}
