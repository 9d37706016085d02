package io.millrace.log.compact;

import io.millrace.record.RecordBatch;
import java.util.Map;

/**
 * Which batch of each idempotent producer that the log knows is its last: that one stays, without records if need be, so that
 * who copies the log knows the producer, too. Immutable.
 */
final class ProducerTails {
    private final Map<Long, Long> lastOffsets;

    /** @param lastOffsets of the last record of each producer */
    ProducerTails(Map<Long, Long> lastOffsets) {
        this.lastOffsets = Map.copyOf(lastOffsets);
    }

    static boolean hasProducer(RecordBatch batch) {
        return batch.producerId() != RecordBatch.NO_PRODUCER_ID;
    }

    /** Whether the batch must stay although no record of it does. */
    boolean mustStay(RecordBatch batch) {
        Long last = hasProducer(batch) ? lastOffsets.get(batch.producerId()) : null;
        return last != null && last <= batch.lastOffset();
    }
}
