package io.millrace.log.producer;

import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The bytes of a snapshot of producers, as the field's brokers write and its dumper reads them: Kafka's
 * {@code ProducerSnapshot}, version 1, which has only the last of each producer's batches. Behind that, where the field's tools
 * do not look, and under the same checksum, come the batches before the last, so that as many are known after a start as before,
 * and what could not be read.
 */
final class SnapshotFormat {
    private static final short VERSION = 1;
    private static final int CRC_AT = 2;
    private static final int CHECKSUMMED_FROM = 6;
    private static final int ENTRIES_AT = 10;
    private static final int ENTRY_BYTES = 46;
    private static final int EARLIER_BYTES = 24;
    private static final int UNDECIDED_BYTES = 24;
    private static final long NO_OFFSET = -1;

    private SnapshotFormat() {
    }

    /** Position 0 to limit. */
    static ByteBuffer encode(Collection<ProducerState> producers, Optional<Undecided> undecided) {
        int earlier = producers.stream().mapToInt(producer -> Byte.BYTES + producer.earlier().size() * EARLIER_BYTES).sum();
        ByteBuffer bytes = ByteBuffer.allocate(ENTRIES_AT + producers.size() * ENTRY_BYTES + earlier
            + (undecided.isPresent() ? UNDECIDED_BYTES : 0));
        bytes.putShort(VERSION).position(CHECKSUMMED_FROM).putInt(producers.size());
        for (ProducerState producer : producers) {
            put(bytes, producer);
        }
        for (ProducerState producer : producers) {
            putEarlier(bytes, producer.earlier());
        }
        undecided.ifPresent(damage -> bytes.putLong(damage.heldFrom()).putLong(damage.from()).putLong(damage.until()));
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

    private static void putEarlier(ByteBuffer bytes, List<ProducerState.Written> batches) {
        bytes.put((byte) batches.size());
        for (ProducerState.Written each : batches) {
            bytes.putInt(each.lastSequence()).putLong(each.lastOffset()).putInt(each.offsetDelta()).putLong(each.timestamp());
        }
    }

    /**
     * In the order in which they were written. One that ends behind what the field has in it is taken, too.
     *
     * @param now in ms since the epoch: all of them have been seen now
     */
    static List<ProducerState> decode(ByteBuffer bytes, long now) throws CorruptSnapshotException {
        if (bytes.limit() < ENTRIES_AT || bytes.getShort(0) != VERSION) {
            throw new CorruptSnapshotException("it is no snapshot of version " + VERSION);
        }
        int count = bytes.getInt(CHECKSUMMED_FROM);
        if (bytes.getInt(CRC_AT) != checksum(bytes) || count < 0 || bytes.limit() < ENTRIES_AT + (long) count * ENTRY_BYTES) {
            throw new CorruptSnapshotException("its checksum is not that of its " + bytes.limit() + " bytes");
        }
        List<ProducerState> producers = new ArrayList<>(count);
        bytes.position(ENTRIES_AT);
        for (int i = 0; i < count; i++) {
            producers.add(next(bytes, now));
        }
        for (int i = 0; i < count && bytes.hasRemaining(); i++) {
            producers.set(i, producers.get(i).withEarlier(nextEarlier(bytes)));
        }
        return producers;
    }

    /** What could not be read: of bytes that were {@linkplain #decode decoded}, which are not read further. */
    static Optional<Undecided> undecided(ByteBuffer decoded) {
        return decoded.remaining() < UNDECIDED_BYTES ? Optional.empty()
            : Optional.of(new Undecided(decoded.getLong(), decoded.getLong(), decoded.getLong()));
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

    private static List<ProducerState.Written> nextEarlier(ByteBuffer bytes) throws CorruptSnapshotException {
        int count = bytes.get();
        if (count < 0 || count >= ProducerState.MAX_BATCHES || bytes.remaining() < count * EARLIER_BYTES) {
            throw new CorruptSnapshotException("it tells of " + count + " earlier batches of a producer");
        }
        List<ProducerState.Written> batches = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            batches.add(new ProducerState.Written(bytes.getInt(), bytes.getLong(), bytes.getInt(), bytes.getLong()));
        }
        return batches;
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().position(CHECKSUMMED_FROM));
        return (int) crc.getValue();
    }
}
