package io.millrace.log.compact;

import io.millrace.record.RecordBatch;
import java.util.HashMap;
import java.util.Map;

/**
 * Which batch of each producer is its last in the part of a log that is compacted: that one stays, without records if need
 * be, as the producer's sequence goes on from it. Of more producers than are kept in mind all batches stay until the next
 * pass. For one thread.
 */
final class ProducerTails {
    private static final int MAX_PRODUCERS = 100_000;
    /** A producer that was silent for so long begins anew, as in the field. */
    private static final long EXPIRY_MS = 86_400_000;

    private final Map<Long, Long> lastBatch = new HashMap<>();
    private final long nowMs;

    ProducerTails(long nowMs) {
        this.nowMs = nowMs;
    }

    static boolean hasProducer(RecordBatch batch) {
        return batch.producerId() != RecordBatch.NO_PRODUCER_ID;
    }

    /** The batches of the part that is dirty, in order. */
    void seen(RecordBatch batch) {
        if (hasProducer(batch) && (lastBatch.size() < MAX_PRODUCERS || lastBatch.containsKey(batch.producerId()))) {
            lastBatch.put(batch.producerId(), batch.baseOffset());
        }
    }

    /** Whether the batch must stay although no record of it does. */
    boolean mustStay(RecordBatch batch) {
        if (!hasProducer(batch) || batch.maxTimestamp() < nowMs - EXPIRY_MS) {
            return false;
        }
        Long last = lastBatch.get(batch.producerId());
        return last == null || last <= batch.baseOffset();
    }
}
