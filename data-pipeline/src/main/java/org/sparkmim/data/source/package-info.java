/** Picture collections as people have them: folders, tars and tables on any Hadoop file system. */
package org.sparkmim.data.source;
