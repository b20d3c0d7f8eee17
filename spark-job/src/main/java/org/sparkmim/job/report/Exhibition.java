package org.sparkmim.job.report;

import java.util.List;

/**
 * What the network sees and makes of it.
 *
 * @param legend how to read the pictures
 * @param keys of their colours
 * @param articles one an image; empty when there was nothing to look at
 * @param absence why there is none
 * @param mixtures what the method learned to mix
 */
record Exhibition(
    String legend,
    List<ColourKey> keys,
    List<Article> articles,
    String absence,
    List<LearnedMixture> mixtures) {

  /**
   * One image.
   *
   * @param name what it shows
   * @param rows its pictures
   */
  record Article(String name, List<List<Tile>> rows) {}

  /** Most pictures side by side. */
  int columns() {
    return articles.stream()
        .flatMap(article -> article.rows().stream())
        .mapToInt(List::size)
        .max()
        .orElse(1);
  }
}
