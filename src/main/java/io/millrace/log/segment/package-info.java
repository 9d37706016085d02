/**
 * The files of one log: segments of batches with their indexes, and the checkpoints beside them.
 *
 * <p>Begin with {@link io.millrace.log.segment.Segment}; {@link io.millrace.log.segment.LogView} is what readers see of all
 * segments at one moment.
 */
package io.millrace.log.segment;
