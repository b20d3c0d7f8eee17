/** A committed data set on any Hadoop file system: shards, index, quarantine and the manifest. */
package org.sparkmim.data.dataset;
