/**
 * The oracle: every operation in plain Java and double arithmetic, as close to its definition as it
 * can be written.
 */
package org.sparkmim.model.engine.reference;
