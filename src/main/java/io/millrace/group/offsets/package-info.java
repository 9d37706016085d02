/**
 * How far groups have come: committed offsets by topic id and partition, when they expire, how far behind they are, where a
 * reset goes. Nothing here knows who is in a group.
 *
 * <p>Begin with {@link io.millrace.group.offsets.GroupOffsets}. {@code PartitionEnds} asks the log where partitions begin and
 * end; {@code Lags} and {@code OffsetResets} are made of both.
 */
package io.millrace.group.offsets;
