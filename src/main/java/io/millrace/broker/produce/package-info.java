/**
 * Producing: picks partitions, builds batches, appends them here or passes them to the leader.
 *
 * <p>Begin with {@link io.millrace.broker.produce.RecordAccumulator} and {@code Appends}.
 */
package io.millrace.broker.produce;
