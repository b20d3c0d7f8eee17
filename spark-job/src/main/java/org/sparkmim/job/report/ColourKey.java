package org.sparkmim.job.report;

/**
 * What a scale of colours stands for.
 *
 * @param low at its first colour
 * @param high at its last
 */
record ColourKey(String what, String low, String high) {}
