package org.sparkmim.job.plan;

/**
 * How fast the machines of a training are.
 *
 * @param cores of the process that runs one worker; embedded, of the machine that all share
 * @param stepSecondsPerImage of a training step on these cores
 * @param loadSecondsPerImage processor time of one core from the file to the minibatch; 0 if
 *     unknown
 * @param copyBytesPerSecond of one core, from memory to memory
 * @param linkBytesPerSecond of a process's link to the others, encryption included
 * @param commitBytesPerSecond of hashing a state and writing it
 */
public record Pace(
    int cores,
    double stepSecondsPerImage,
    double loadSecondsPerImage,
    double copyBytesPerSecond,
    double linkBytesPerSecond,
    double commitBytesPerSecond) {

  /** Seconds of these cores for an image, training and loading. */
  double secondsPerImage() {
    return stepSecondsPerImage + loadSecondsPerImage / cores;
  }

  /** The same work on another number of cores. */
  public Pace on(int others) {
    double scale = (double) cores / others;
    return new Pace(
        others,
        stepSecondsPerImage * scale,
        loadSecondsPerImage,
        copyBytesPerSecond,
        linkBytesPerSecond,
        commitBytesPerSecond);
  }
}
