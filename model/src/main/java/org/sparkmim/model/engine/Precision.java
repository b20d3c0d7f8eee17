package org.sparkmim.model.engine;

/** Arithmetic of matrix products and storage of activations; parameters and Adam state are f32. */
public enum Precision {
  F32,
  BF16
}
