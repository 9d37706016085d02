package io.millrace.coordinator;

import io.millrace.record.Codec;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes that are in the state and not yet committed, with what stood before and who waits. The changes of one decision
 * are in one record batch, so that the log has all of them or none. Touched by its partition's tasks only.
 */
final class PendingBatch<K, V, M extends StateMachine<K, V>> {
    /** Varints, at their largest, and what they stand before. */
    private static final int RECORD_OVERHEAD = 32;
    /** Enough for the disk to be busy with. */
    private static final int FULL_BYTES = 1 << 20;

    private final int maxBatchBytes;
    private final List<Request<K, V, M, ?>> requests = new ArrayList<>();
    /** What stood before, in the order in which it was replaced. */
    private final List<Change<K, V>> before = new ArrayList<>();
    private final List<ByteBuffer> batches = new ArrayList<>();
    private RecordBatchBuilder open;
    private long bytes;

    PendingBatch(int maxBatchBytes) {
        this.maxBatchBytes = maxBatchBytes;
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

    /** A state's key had this value before it was changed. */
    void replaced(K key, V value) {
        before.add(new Change<>(key, value));
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

    /** Whether the next decision is to wait for a batch of its own. */
    boolean isFull() {
        return bytes >= FULL_BYTES;
    }

    /** The record batches, once, position to limit. */
    List<ByteBuffer> build() {
        if (open != null) {
            close();
        }
        return batches;
    }

    /** The records belong to the log, and what stood before is not needed any more. */
    void written() {
        batches.clear();
        before.clear();
    }

    /** Brings back the state before; later batches must have been undone. */
    void undo(M machine) {
        for (int i = before.size() - 1; i >= 0; i--) {
            machine.replay(before.get(i).key(), before.get(i).value());
        }
        before.clear();
    }
}
