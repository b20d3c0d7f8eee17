package org.sparkmim.job.round;

import org.sparkmim.job.commit.FlatState;

/**
 * An averaged state that was brought to the driver.
 *
 * @param state not to be changed
 * @param seconds that it took; 0 if the driver had it already
 * @param remoteBytes of it that came from other processes
 */
public record Collected(FlatState state, double seconds, long remoteBytes) {}
