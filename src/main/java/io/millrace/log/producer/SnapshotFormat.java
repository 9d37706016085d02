package io.millrace.log.producer;

import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of a snapshot of producers, as the field's brokers write and its dumper reads them: Kafka's
 * {@code ProducerSnapshot}, version 1. Of each producer's batches only the last is in it.
 */
final class SnapshotFormat {
    private static final short VERSION = 1;
    private static final int CRC_AT = 2;
    private static final int CHECKSUMMED_FROM = 6;
    private static final int ENTRIES_AT = 10;
    private static final int ENTRY_BYTES = 46;
    private static final long NO_OFFSET = -1;

    private SnapshotFormat() {
    }

    /** Position 0 to limit. */
    static ByteBuffer encode(Collection<ProducerState> producers) {
        ByteBuffer bytes = ByteBuffer.allocate(ENTRIES_AT + producers.size() * ENTRY_BYTES);
        bytes.putShort(VERSION).position(CHECKSUMMED_FROM).putInt(producers.size());
        for (ProducerState producer : producers) {
            put(bytes, producer);
        }
        bytes.flip();
        return bytes.putInt(CRC_AT, checksum(bytes));
    }

    private static void put(ByteBuffer bytes, ProducerState producer) {
        ProducerState.Written last = producer.newest().orElse(
            new ProducerState.Written(RecordBatch.NO_SEQUENCE, NO_OFFSET, 0, producer.timestamp()));
        bytes.putLong(producer.producerId()).putShort(producer.epoch()).putInt(last.lastSequence())
            .putLong(last.lastOffset()).putInt(last.offsetDelta()).putLong(producer.timestamp())
            .putInt(producer.coordinatorEpoch()).putLong(producer.transactionStart());
    }

    /**
     * In the order in which they were written.
     *
     * @param now in ms since the epoch: all of them have been seen now
     */
    static List<ProducerState> decode(ByteBuffer bytes, long now) throws CorruptSnapshotException {
        if (bytes.limit() < ENTRIES_AT || bytes.getShort(0) != VERSION) {
            throw new CorruptSnapshotException("it is no snapshot of version " + VERSION);
        }
        int count = bytes.getInt(CHECKSUMMED_FROM);
        if (bytes.getInt(CRC_AT) != checksum(bytes) || bytes.limit() != ENTRIES_AT + (long) count * ENTRY_BYTES) {
            throw new CorruptSnapshotException("its checksum is not that of its " + bytes.limit() + " bytes");
        }
        List<ProducerState> producers = new ArrayList<>(count);
        bytes.position(ENTRIES_AT);
        while (bytes.hasRemaining()) {
            producers.add(next(bytes, now));
        }
        return producers;
    }

    private static ProducerState next(ByteBuffer bytes, long now) {
        long producerId = bytes.getLong();
        short epoch = bytes.getShort();
        int lastSequence = bytes.getInt();
        long lastOffset = bytes.getLong();
        int offsetDelta = bytes.getInt();
        long timestamp = bytes.getLong();
        List<ProducerState.Written> last = lastOffset == NO_OFFSET ? List.of()
            : List.of(new ProducerState.Written(lastSequence, lastOffset, offsetDelta, timestamp));
        return new ProducerState(producerId, epoch, last, timestamp, now, bytes.getInt(), bytes.getLong());
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().position(CHECKSUMMED_FROM));
        return (int) crc.getValue();
    }
}
