/**
 * Running the server: start and stop, health, metrics. Here the plain objects of the lower packages are put together
 * and handed to the container.
 */
package io.millrace.ops;
