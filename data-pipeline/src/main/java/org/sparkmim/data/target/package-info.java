/**
 * What is to be predicted of every cell of an image: histograms of oriented gradients, pixels, or
 * pixels without their fine detail, at several scales.
 */
package org.sparkmim.data.target;
