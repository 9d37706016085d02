package io.millrace.transaction.idempotency;

import io.millrace.broker.Broker;
import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.replica.hosting.Acks;
import java.util.concurrent.CompletableFuture;

/**
 * Records of a real broker's.
 *
 * @param acks LEADER or ALL
 */
public record AccumulatedRecords(Broker broker, RecordAccumulator records, Acks acks) implements KeyedRecords {
    @Override
    public Layout layout() {
        records.requireOneBatchEach(); // before anything is written down about the key
        return Layout.of(records.recordCount(), records::partition);
    }

    @Override
    public CompletableFuture<ProduceResult> append(long producerId, short producerEpoch) {
        records.setProducer(producerId, producerEpoch);
        return broker.produce(records, acks);
    }
}
