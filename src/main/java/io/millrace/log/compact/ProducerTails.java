package io.millrace.log.compact;

import io.millrace.log.producer.ProducerState;
import io.millrace.record.RecordBatch;
import java.util.Collection;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which batch of each idempotent producer that the log knows is its last: that one stays, without records if need be, so that
 * who copies the log knows the producer, too. Of a producer whose epoch only a marker tells, as an end that fences it raises that
 * (KIP-890), it is the marker. Immutable.
 */
final class ProducerTails {
    private final Map<Long, ProducerState> producers;

    ProducerTails(Collection<ProducerState> producers) {
        this.producers = producers.stream().collect(Collectors.toMap(ProducerState::producerId, Function.identity()));
    }

    static boolean hasProducer(RecordBatch batch) {
        return batch.producerId() != RecordBatch.NO_PRODUCER_ID;
    }

    /** Whether the batch must stay although no record of it does, or nothing that it ends. */
    boolean mustStay(RecordBatch batch) {
        ProducerState known = hasProducer(batch) ? producers.get(batch.producerId()) : null;
        if (known == null) {
            return false;
        }
        return known.newest().map(last -> last.lastOffset() <= batch.lastOffset())
            .orElse(batch.isControl() && batch.producerEpoch() >= known.epoch());
    }
}
