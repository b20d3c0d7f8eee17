package org.sparkmim.model.method;

/** Published sizes of the vision transformer (DeiT for tiny and small, ViT for the others). */
public enum VitArch {
  VIT_TINY("vit-tiny", 192, 12, 3),
  VIT_SMALL("vit-small", 384, 12, 6),
  VIT_BASE("vit-base", 768, 12, 12),
  VIT_LARGE("vit-large", 1024, 24, 16);

  private final String key;
  private final int width;
  private final int depth;
  private final int heads;

  VitArch(String key, int width, int depth, int heads) {
    this.key = key;
    this.width = width;
    this.depth = depth;
    this.heads = heads;
  }

  /** Name in the configuration. */
  public String key() {
    return key;
  }

  public int width() {
    return width;
  }

  public int depth() {
    return depth;
  }

  public int heads() {
    return heads;
  }
}
