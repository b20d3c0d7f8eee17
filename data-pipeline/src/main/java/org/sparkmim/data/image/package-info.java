/**
 * Encoded pictures to 8-bit planes: hostile input checked first, then decoded, cropped, resampled.
 */
package org.sparkmim.data.image;
