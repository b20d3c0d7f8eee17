package org.sparkmim.data.image;

import java.io.Serializable;

/**
 * What a picture may cost before it is refused.
 *
 * @param maxFileBytes largest encoded size
 * @param maxPixels largest width times height, checked in the header before decoding
 */
public record ImageLimits(int maxFileBytes, long maxPixels) implements Serializable {}
