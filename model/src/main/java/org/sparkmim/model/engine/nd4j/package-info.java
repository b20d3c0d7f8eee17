/**
 * The engine on ND4J's own operations: with nd4j-native on the CPU, with nd4j-cuda on GPUs of
 * compute capability 3.7 to 8.x, by the same code.
 */
package org.sparkmim.model.engine.nd4j;
