/** The published methods as networks: what is masked, tapped, decoded and compared. */
package org.sparkmim.model.method;
