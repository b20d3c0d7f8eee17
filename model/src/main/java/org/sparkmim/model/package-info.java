/**
 * The vision models, their training arithmetic and their weights; knows neither Spark nor images.
 */
package org.sparkmim.model;
