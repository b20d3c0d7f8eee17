package org.sparkmim.model.engine.cuda;

import net.jqwik.api.lifecycle.LifecycleContext;
import net.jqwik.api.lifecycle.SkipExecutionHook;
import org.opentest4j.TestAbortedException;

/** Skips properties where kernels cannot be emulated: jqwik would count every try as a failure. */
final class NeedsEmulator implements SkipExecutionHook {
  @Override
  public SkipResult shouldBeSkipped(LifecycleContext context) {
    try {
      Emulator.of(Type.F32);
      return SkipResult.doNotSkip();
    } catch (TestAbortedException noCompiler) {
      return SkipResult.skip(noCompiler.getMessage());
    }
  }
}
