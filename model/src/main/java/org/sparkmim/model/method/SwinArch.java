package org.sparkmim.model.method;

import java.util.List;

/** Published sizes of Swin; LocalMIM trains the last two. */
public enum SwinArch {
  SWIN_TINY("swin-tiny", SwinShape.of(96, List.of(2, 2, 6, 2), List.of(3, 6, 12, 24), 7)),
  SWIN_SMALL("swin-small", SwinShape.of(96, List.of(2, 2, 18, 2), List.of(3, 6, 12, 24), 7)),
  SWIN_BASE("swin-base", SwinShape.of(128, List.of(2, 2, 18, 2), List.of(4, 8, 16, 32), 7)),
  SWIN_LARGE("swin-large", SwinShape.of(192, List.of(2, 2, 18, 2), List.of(6, 12, 24, 48), 14));

  private final String key;
  private final SwinShape shape;

  SwinArch(String key, SwinShape shape) {
    this.key = key;
    this.shape = shape;
  }

  /** Name in the configuration. */
  public String key() {
    return key;
  }

  public SwinShape shape() {
    return shape;
  }
}
