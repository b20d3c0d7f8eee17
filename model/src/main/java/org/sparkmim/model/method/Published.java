package org.sparkmim.model.method;

import java.util.List;

/**
 * What {@code auto} stands for: a method's parts as its authors published them, for an encoder of a
 * given depth.
 *
 * @param taps blocks whose output is used
 * @param scales of the heads that reconstruct; none where nothing is
 * @param fused blocks mixed before the decoder
 */
record Published(
    List<Integer> taps,
    List<Double> scales,
    List<Integer> fused,
    ModelSpec.Decoder decoder,
    MaskSpec.Strategy masking,
    double maskRatio,
    TargetSpec.Kind target) {}
