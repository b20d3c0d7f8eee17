package org.sparkmim.data.image;

import org.sparkmim.data.order.SampleRandom;

/** A rectangle of a picture, in pixels. */
public record CropBox(int left, int top, int width, int height) {
  private static final int TRIES = 10;

  /**
   * RandomResizedCrop's box as torchvision draws it: up to ten tries of a uniform share of the area
   * and a log-uniform aspect ratio; if none fits, the largest centred box with an allowed ratio.
   */
  public static CropBox random(
      SampleRandom random, int pictureWidth, int pictureHeight, Augmentation augmentation) {
    double area = (double) pictureWidth * pictureHeight;
    double lowLog = Math.log(augmentation.minRatio());
    double highLog = Math.log(augmentation.maxRatio());
    for (int attempt = 0; attempt < TRIES; attempt++) {
      double target = area * random.uniform(augmentation.minScale(), augmentation.maxScale());
      double ratio = Math.exp(random.uniform(lowLog, highLog));
      long width = (long) Math.rint(Math.sqrt(target * ratio));
      long height = (long) Math.rint(Math.sqrt(target / ratio));
      if (width > 0 && width <= pictureWidth && height > 0 && height <= pictureHeight) {
        int top = random.nextInt((int) (pictureHeight - height + 1));
        int left = random.nextInt((int) (pictureWidth - width + 1));
        return new CropBox(left, top, (int) width, (int) height);
      }
    }
    return centred(pictureWidth, pictureHeight, augmentation);
  }

  private static CropBox centred(int pictureWidth, int pictureHeight, Augmentation augmentation) {
    double ratio = (double) pictureWidth / pictureHeight;
    int width = pictureWidth;
    int height = pictureHeight;
    if (ratio < augmentation.minRatio()) {
      height = (int) Math.max(1, Math.rint(width / augmentation.minRatio()));
    } else if (ratio > augmentation.maxRatio()) {
      width = (int) Math.max(1, Math.rint(height * augmentation.maxRatio()));
    }
    return new CropBox((pictureWidth - width) / 2, (pictureHeight - height) / 2, width, height);
  }
}
