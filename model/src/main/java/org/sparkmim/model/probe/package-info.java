/** Linear probing of frozen features as the papers do it. */
package org.sparkmim.model.probe;
