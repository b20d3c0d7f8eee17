/** GPUs: which one a Spark task has, and which engine can use it. */
package org.sparkmim.job.device;
