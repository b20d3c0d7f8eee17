/** Images to shards to masked-patch minibatches. */
package org.sparkmim.data;
