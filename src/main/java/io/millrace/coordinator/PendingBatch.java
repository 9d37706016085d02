package io.millrace.coordinator;

import io.millrace.metadata.BrokerException;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Changes that are in the state and not yet committed, with how they are undone and who waits. The changes of one decision
 * are in one record batch, so that the log has all of them or none. They are all of one producer's transaction, or of none,
 * because an append is; or they are what follows from the end of a transaction. Touched by its partition's tasks only.
 */
final class PendingBatch<K, V, M extends StateMachine<K, V>> {
    /** Varints, at their largest, and what they stand before. */
    private static final int RECORD_OVERHEAD = 32;
    /** Enough for the disk to be busy with. */
    private static final int FULL_BYTES = 1 << 20;

    private final int maxBatchBytes;
    /** Null: of none. */
    private final ProducerTransaction transaction;
    /** Null: there are records. */
    private final TransactionEnd end;
    private final List<Request<K, V, M, ?>> requests = new ArrayList<>();
    /** Bring back what stood before, in the order in which it was replaced. */
    private final List<Runnable> undone = new ArrayList<>();
    private final List<ByteBuffer> batches = new ArrayList<>();
    private RecordBatchBuilder open;
    private long bytes;

    private PendingBatch(int maxBatchBytes, ProducerTransaction transaction, TransactionEnd end) {
        this.maxBatchBytes = maxBatchBytes;
        this.transaction = transaction;
        this.end = end;
    }

    /** @param transaction null: none */
    static <K, V, M extends StateMachine<K, V>> PendingBatch<K, V, M> records(int maxBatchBytes, ProducerTransaction transaction) {
        return new PendingBatch<>(maxBatchBytes, transaction, null);
    }

    static <K, V, M extends StateMachine<K, V>> PendingBatch<K, V, M> marker(TransactionEnd end) {
        return new PendingBatch<>(0, null, end);
    }

    /** A change as its record's key and value. */
    record Encoded(ByteBuffer key, ByteBuffer value) {
        private long bytes() {
            return RECORD_OVERHEAD + (long) key.remaining() + (value == null ? 0 : value.remaining());
        }
    }

    /** Whether the changes of a decision fit into any batch. */
    static boolean fit(List<Encoded> records, int maxBatchBytes) {
        return RecordBatch.HEADER_BYTES + size(records) <= maxBatchBytes;
    }

    private static long size(List<Encoded> records) {
        return records.stream().mapToLong(Encoded::bytes).sum();
    }

    void add(List<Encoded> records, long timestamp) {
        long size = size(records);
        if (open != null && open.sizeInBytes() + size > maxBatchBytes) {
            close();
        }
        if (open == null) {
            open = new RecordBatchBuilder(Codec.NONE);
            if (transaction != null) {
                open.producer(transaction.producerId(), transaction.producerEpoch(), RecordBatch.NO_SEQUENCE).transactional();
            }
        }
        for (Encoded each : records) {
            open.append(timestamp, each.key(), each.value(), List.of());
        }
        bytes += size;
    }

    private void close() {
        batches.add(open.build());
        open = null;
    }

    /** The state was changed. @param undo brings back what was before */
    void changed(Runnable undo) {
        undone.add(undo);
    }

    /** Answers when everything that is pending here, and before, is committed. */
    void await(Request<K, V, M, ?> request) {
        requests.add(request);
    }

    List<Request<K, V, M, ?>> requests() {
        return requests;
    }

    /** Those that have waited too long wait no more. */
    List<Request<K, V, M, ?>> removeOverdue(long now) {
        List<Request<K, V, M, ?>> overdue = new ArrayList<>();
        requests.removeIf(request -> request.isOverdue(now) && overdue.add(request));
        return overdue;
    }

    /** Whether a decision may go in here, or is to wait for a batch of its own. */
    boolean takes(Request<K, V, M, ?> request) {
        return bytes < FULL_BYTES && end == null && request.end() == null && Objects.equals(transaction, request.transaction());
    }

    /** Hands it to the log, once. @throws BrokerException when nothing was written, nor will be */
    LedLog.Appending append(LedLog led) {
        if (end != null) {
            return led.endTransaction(end.producerId(), end.producerEpoch(), end.marker(), end.timestamp());
        }
        if (open != null) {
            close();
        }
        return led.append(batches);
    }

    /** The records belong to the log, and what stood before is not needed any more. */
    void written() {
        batches.clear();
        undone.clear();
    }

    /** Brings back the state before; later batches must have been undone. */
    void undo() {
        for (int i = undone.size() - 1; i >= 0; i--) {
            undone.get(i).run();
        }
        undone.clear();
    }
}
