/** The CPU engine: oneDNN primitives, created once and replayed, on planned buffers. */
package org.sparkmim.model.engine.onednn;
