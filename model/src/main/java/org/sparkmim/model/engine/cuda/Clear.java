package org.sparkmim.model.engine.cuda;

/** Zeros. */
record Clear(Address at, long bytes) implements Task {}
