/**
 * Graphs on NVIDIA GPUs: matrix products by cuBLASLt, everything else by kernels of our own, which
 * NVRTC compiles where they run.
 */
package org.sparkmim.model.engine.cuda;
