/** What the decoders are asked to predict: histograms of oriented gradients at several scales. */
package org.sparkmim.data.target;
