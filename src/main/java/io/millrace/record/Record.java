package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * One record as it is read from a batch.
 *
 * @param offset    position in the partition
 * @param timestamp milliseconds since the epoch, or -1 when the producer gave none
 * @param key       the key's bytes (position to limit), or null
 * @param value     the value's bytes (position to limit), or null: a tombstone
 * @param headers   in the order in which they were written
 */
public record Record(long offset, long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers) {
}
