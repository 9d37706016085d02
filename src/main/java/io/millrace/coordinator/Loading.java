package io.millrace.coordinator;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.EndTransactionMarker.Type;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import java.nio.ByteBuffer;

/**
 * Reads a partition's log from its beginning to where it ended when the leadership began, committed or not, a part at a
 * time, into a state; what of transactions is open by then
 * waits for their end. What an earlier leadership of this broker had queued may come until the log is settled. Offsets
 * that are missing were replaced by later records, and are passed over.
 */
final class Loading<K, V, M extends StateMachine<K, V>> {
    /** What is in memory of the log at a time. */
    private static final int PART_BYTES = 1 << 20;

    private final LedLog led;
    private final RecordCodec<K, V> codec;
    private final M machine;
    private final PendingChanges<K, V> changes;
    private final long start;
    private final long beganAt;
    /** Not known yet: beyond every offset. */
    private long end = Long.MAX_VALUE;
    private long position;
    private long records;

    /** @param now in ns */
    Loading(LedLog led, RecordCodec<K, V> codec, M machine, long now) {
        this.led = led;
        this.codec = codec;
        this.machine = machine;
        this.changes = new PendingChanges<>(machine);
        this.start = led.startOffset();
        this.beganAt = now;
        this.position = start;
    }

    /** Up to where it is to be read, before that begins. */
    void readTo(long settledEnd) {
        end = settledEnd;
    }

    LedLog led() {
        return led;
    }

    /** Complete only when {@link #isDone()}. */
    M machine() {
        return machine;
    }

    /** Those of the machine; of transactions that are open they are pending. */
    PendingChanges<K, V> changes() {
        return changes;
    }

    long endOffset() {
        return end;
    }

    boolean isDone() {
        return position >= end;
    }

    LoadProgress progress(long now) {
        return new LoadProgress(start, position, end == Long.MAX_VALUE ? position : end, records, (now - beganAt) / 1_000_000);
    }

    /** Reads the next part, unless it is done. */
    void readOn() {
        if (isDone()) {
            return;
        }
        ByteBuffer found = led.read(position, end, PART_BYTES);
        if (!found.hasRemaining()) { // the last records were replaced, and their batches are gone
            position = end;
        }
        for (RecordBatch batch : RecordBatch.in(found)) {
            if (batch.isControl()) {
                EndTransactionMarker.of(batch).ifPresent(marker -> changes.end(batch.producerId(), marker.type() == Type.COMMIT));
            } else {
                replay(batch);
            }
            position = batch.lastOffset() + 1;
        }
    }

    private void replay(RecordBatch batch) {
        try (RecordIterator iterator = batch.records()) {
            while (iterator.hasNext()) {
                Record next = iterator.next();
                if (next.offset() >= position) { // the log may begin within a batch
                    replay(batch, next);
                }
            }
        }
    }

    private void replay(RecordBatch batch, Record next) {
        try {
            K key = codec.readKey(next.key());
            V value = next.value() == null ? null : codec.readValue(key, next.value());
            if (batch.isTransactional()) {
                changes.replay(batch.producerId(), batch.producerEpoch(), key, value);
            } else {
                changes.replay(key, value);
            }
            records++;
        } catch (RuntimeException unreadable) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "its record at offset " + next.offset() + " is not one that this"
                    + " server can read (" + unreadable.getMessage() + "): was it written by a later version? Let servers of"
                    + " that version lead the partition, and bring this one to it", unreadable);
        }
    }
}
