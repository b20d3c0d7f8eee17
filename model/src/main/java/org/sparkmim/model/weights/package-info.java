/**
 * Weights as safetensors files: a hardened reader and a writer whose bytes depend on content only.
 */
package org.sparkmim.model.weights;
