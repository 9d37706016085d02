package io.millrace.log.transaction;

import io.millrace.log.AbortedTransaction;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Which batches are of aborted transactions: the transactional ones of a producer that lie within one. Immutable. */
public final class AbortedBatches {
    /** By producer and first offset: a producer's transactions do not overlap. */
    private final Map<Long, TreeMap<Long, AbortedTransaction>> byProducer = new HashMap<>();

    public AbortedBatches(Collection<AbortedTransaction> transactions) {
        for (AbortedTransaction each : transactions) {
            byProducer.computeIfAbsent(each.producerId(), id -> new TreeMap<>()).put(each.firstOffset(), each);
        }
    }

    /** The aborted transaction that a batch of records is part of; markers are of none. */
    public Optional<AbortedTransaction> transactionOf(RecordBatch batch) {
        if (byProducer.isEmpty() || !batch.isTransactional() || batch.isControl()) {
            return Optional.empty();
        }
        TreeMap<Long, AbortedTransaction> ofProducer = byProducer.get(batch.producerId());
        Map.Entry<Long, AbortedTransaction> last = ofProducer == null ? null : ofProducer.floorEntry(batch.baseOffset());
        return last == null || last.getValue().lastOffset() < batch.lastOffset() ? Optional.empty()
            : Optional.of(last.getValue());
    }

    /**
     * Leaves out what readers of committed records are not given: batches of aborted transactions, and control batches.
     *
     * @param batches whole batches, position to limit, in a buffer that is the caller's: those that stay are moved together
     *                in it
     * @return a view of that buffer
     */
    public ByteBuffer leaveOut(ByteBuffer batches) {
        int end = batches.position();
        int from = end;
        int at = end;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            int next = at + batch.sizeInBytes();
            if (batch.isControl() || transactionOf(batch).isPresent()) {
                end = move(batches, from, at, end);
                from = next;
            }
            at = next;
        }
        return batches.duplicate().limit(move(batches, from, at, end));
    }

    /** @return where the moved bytes end */
    private static int move(ByteBuffer bytes, int from, int to, int target) {
        if (from > target) {
            bytes.put(target, bytes, from, to - from);
        }
        return target + to - from;
    }
}
