/**
 * A consumer group as records of the internal topic {@code __consumer_offsets}, which is compacted: the newest value of each
 * key counts. Committed offsets are in Kafka's format, so that its tools read them; what else there is of a group is under
 * types of keys that Kafka does not use, as JSON that a person can read.
 *
 * <p>Begin with {@link io.millrace.group.records.GroupKey} and {@link io.millrace.group.records.GroupValue}; {@code
 * GroupRecordCodec} turns them into bytes and back. {@code OffsetFormat} is Kafka's format, {@code MetadataJson} and {@code
 * MemberJson} are ours.
 */
package io.millrace.group.records;
