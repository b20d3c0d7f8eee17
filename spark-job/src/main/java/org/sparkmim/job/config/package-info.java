/**
 * Recipes: the defaults of every module, a recipe file and overrides, resolved with their origins.
 */
package org.sparkmim.job.config;
