/** Which sample comes when, and every random choice about it, as pure functions. */
package org.sparkmim.data.order;
