package org.sparkmim.model.engine.cuda;

/** A piece of work for the device; tasks run one after the other. */
sealed interface Task permits Launch, Product, Clear {}
