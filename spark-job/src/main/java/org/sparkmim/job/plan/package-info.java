/** What a training will need, told before it starts. */
package org.sparkmim.job.plan;
