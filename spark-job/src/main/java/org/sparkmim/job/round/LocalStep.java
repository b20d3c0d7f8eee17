package org.sparkmim.job.round;

import java.io.Serializable;

/**
 * One optimiser step of one worker.
 *
 * @param minibatch what it trains on
 * @param step number of the update in the whole run, from 1: Adam's bias correction depends on it
 * @param rate learning rate
 */
public record LocalStep(MinibatchRef minibatch, long step, double rate) implements Serializable {}
