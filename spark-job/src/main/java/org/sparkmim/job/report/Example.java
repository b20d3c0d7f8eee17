package org.sparkmim.job.report;

import java.util.List;

/**
 * One image as the network saw it, and what it made of it.
 *
 * @param name what the image shows, or its number
 * @param crop 8-bit RGB planes {@code [3, S, S]}
 * @param keepIds visible patches in the order of the network's tokens {@code [K]}
 * @param heads in the order of the losses
 * @param importance of each patch to the teacher {@code [L]}; empty without one
 */
record Example(String name, byte[] crop, int[] keepIds, List<Head> heads, float[] importance) {

  /**
   * Target and prediction of one head.
   *
   * @param target {@code [rows, width]}; rows are cells of the image, or cls and its visible
   *     patches
   * @param prediction of the same shape
   * @param weights of the rows in the loss {@code [rows]}: 0 for a cell that was wholly visible
   */
  record Head(float[] target, float[] prediction, float[] weights) {
    /** Numbers in a row. */
    int width() {
      return target.length / weights.length;
    }

    /** Mean squared error, rows weighed as in training. */
    double meanSquaredError() {
      int width = width();
      double sum = 0;
      double total = 0;
      for (int row = 0; row < weights.length; row++) {
        double squares = 0;
        for (int i = row * width; i < (row + 1) * width; i++) {
          double error = prediction[i] - target[i];
          squares += error * error;
        }
        sum += weights[row] * squares / width;
        total += weights[row];
      }
      return sum / total;
    }
  }

  /** Which of {@code tokens} patches the network saw. */
  boolean[] visible(int tokens) {
    boolean[] visible = new boolean[tokens];
    for (int token : keepIds) {
      visible[token] = true;
    }
    return visible;
  }
}
