package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The header fields of a batch that is written anew, in the order in which they stand.
 *
 * @param attributes see {@link RecordBatch#attributes()}
 */
record BatchHeader(long baseOffset, int leaderEpoch, int attributes, int lastOffsetDelta, long baseTimestamp,
                   long maxTimestamp, long producerId, short producerEpoch, int baseSequence, int recordCount) {
    /** Writes the header into the first bytes of a whole batch whose records are there already, the checksum last. */
    void write(ByteBuffer batch) {
        batch.putLong(RecordBatch.BASE_OFFSET, baseOffset);
        batch.putInt(RecordBatch.LENGTH, batch.limit() - RecordBatch.PREFIX_BYTES);
        batch.putInt(RecordBatch.LEADER_EPOCH, leaderEpoch);
        batch.put(RecordBatch.MAGIC_BYTE, RecordBatch.MAGIC);
        batch.putShort(RecordBatch.ATTRIBUTES, (short) attributes);
        batch.putInt(RecordBatch.LAST_OFFSET_DELTA, lastOffsetDelta);
        batch.putLong(RecordBatch.BASE_TIMESTAMP, baseTimestamp);
        batch.putLong(RecordBatch.MAX_TIMESTAMP, maxTimestamp);
        batch.putLong(RecordBatch.PRODUCER_ID, producerId);
        batch.putShort(RecordBatch.PRODUCER_EPOCH, producerEpoch);
        batch.putInt(RecordBatch.BASE_SEQUENCE, baseSequence);
        batch.putInt(RecordBatch.RECORD_COUNT, recordCount);
        CRC32C crc = new CRC32C();
        crc.update(batch.duplicate().position(RecordBatch.CHECKSUMMED_FROM));
        batch.putInt(RecordBatch.CRC, (int) crc.getValue());
    }
}
