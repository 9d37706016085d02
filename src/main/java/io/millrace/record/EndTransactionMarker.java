package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Ends a producer's transaction in a partition: a control batch with one record, in the field's format (KIP-98). The key is
 * the format's version and the marker's type, the value the format's version and the epoch of the coordinator that decided.
 *
 * @param coordinatorEpoch leader epoch of the coordinator's log when it decided: markers of an older one come too late
 */
public record EndTransactionMarker(Type type, int coordinatorEpoch) {
    /** What became of the transaction. */
    public enum Type {
        ABORT(0), COMMIT(1);

        private final short id;

        Type(int id) {
            this.id = (short) id;
        }
    }

    private static final short VERSION = 0;
    private static final int KEY_BYTES = 2 * Short.BYTES;
    private static final int VALUE_BYTES = Short.BYTES + Integer.BYTES;

    public EndTransactionMarker {
        Objects.requireNonNull(type);
    }

    /**
     * The batch, base offset 0 and no leader epoch, to be set at the append.
     *
     * @param producerId    whose transaction it is
     * @param producerEpoch of that producer, or a later one that fences it
     * @param timestamp     ms since the epoch
     */
    public ByteBuffer batch(long producerId, short producerEpoch, long timestamp) {
        ByteBuffer key = ByteBuffer.allocate(KEY_BYTES).putShort(VERSION).putShort(type.id).flip();
        ByteBuffer value = ByteBuffer.allocate(VALUE_BYTES).putShort(VERSION).putInt(coordinatorEpoch).flip();
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE)
            .producer(producerId, producerEpoch, RecordBatch.NO_SEQUENCE).transactional().control();
        builder.append(timestamp, key, value, List.of());
        return builder.build();
    }

    /**
     * What a batch says of the end of a transaction; empty where it is no control batch, or one that compaction has
     * emptied, or has another type, which readers pass over. Later versions of key and value have more behind what is read.
     *
     * @throws InvalidBatchException when the record is damaged
     */
    public static Optional<EndTransactionMarker> of(RecordBatch batch) {
        if (!batch.isControl() || batch.recordCount() == 0) {
            return Optional.empty();
        }
        try (RecordIterator records = batch.records()) {
            Record record = records.next();
            ByteBuffer key = field("key", record.key(), KEY_BYTES);
            short id = key.getShort(key.position() + Short.BYTES);
            for (Type type : Type.values()) {
                if (type.id == id) {
                    ByteBuffer value = field("value", record.value(), VALUE_BYTES);
                    return Optional.of(new EndTransactionMarker(type, value.getInt(value.position() + Short.BYTES)));
                }
            }
            return Optional.empty();
        }
    }

    private static ByteBuffer field(String what, ByteBuffer bytes, int atLeast) {
        int found = bytes == null ? 0 : bytes.remaining();
        if (found < atLeast) {
            throw new InvalidBatchException("control record: the " + what + " has " + found + " bytes, needed " + atLeast);
        }
        short version = bytes.getShort(bytes.position());
        if (version < VERSION) {
            throw new InvalidBatchException("control record: the version of the " + what + ": found " + version
                + ", allowed " + VERSION + " and above");
        }
        return bytes;
    }
}
