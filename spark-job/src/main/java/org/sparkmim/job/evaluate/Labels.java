package org.sparkmim.job.evaluate;

import java.util.List;
import java.util.stream.IntStream;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.job.MimException;

/**
 * One numbering of the labels of two datasets: classes are the same when their names are.
 *
 * @param count of labels
 * @param train number of each label of the training dataset
 * @param test number of each label of the test dataset
 */
record Labels(int count, int[] train, int[] test) {

  /**
   * The training dataset's numbering for both.
   *
   * @throws MimException (usage, input) if the datasets are one and the same, or the test has
   *     classes that cannot be learnt
   */
  static Labels of(Dataset train, Dataset test) {
    List<String> known = train.requireLabels();
    List<String> asked = test.requireLabels();
    if (train.hash().equals(test.hash())) {
      throw MimException.usage(
          "Cannot evaluate on "
              + test.uri()
              + ": it holds the same images as the training dataset "
              + train.uri()
              + ". Name held-out images with --test.");
    }
    List<String> strange = asked.stream().filter(name -> !known.contains(name)).toList();
    if (!strange.isEmpty()) {
      throw MimException.input(
          "Cannot evaluate on "
              + test.uri()
              + ": its classes "
              + String.join(", ", strange.subList(0, Math.min(5, strange.size())))
              + " are not among those of "
              + train.uri()
              + ". Both need the same class names.");
    }
    return new Labels(
        known.size(),
        IntStream.range(0, known.size()).toArray(),
        asked.stream().mapToInt(known::indexOf).toArray());
  }
}
