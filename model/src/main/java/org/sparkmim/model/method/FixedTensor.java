package org.sparkmim.model.method;

import java.util.List;

/** A tensor that published checkpoints hold but nobody trains. */
public record FixedTensor(String name, List<Integer> shape, float[] numbers) {}
