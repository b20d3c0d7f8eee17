/** Optimisers and learning-rate schedules. */
package org.sparkmim.model.optim;
