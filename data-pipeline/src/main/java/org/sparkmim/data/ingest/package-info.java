/** The Spark job that turns a picture collection into a committed data set. */
package org.sparkmim.data.ingest;
