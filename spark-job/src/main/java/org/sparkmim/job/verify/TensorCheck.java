package org.sparkmim.job.verify;

/**
 * One comparison.
 *
 * @param tensor name in the bundle
 * @param error relative error, or the number of differences where the group wants none
 * @param note what the error does not say; may be empty
 */
record TensorCheck(Group group, String tensor, double error, String note) {
  TensorCheck(Group group, String tensor, double error) {
    this(group, tensor, error, "");
  }

  Verdict verdict() {
    return Verdict.of(error, group);
  }
}
