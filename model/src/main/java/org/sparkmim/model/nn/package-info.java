/** Building blocks of networks: transformer blocks, positions, initial values, parameter names. */
package org.sparkmim.model.nn;
