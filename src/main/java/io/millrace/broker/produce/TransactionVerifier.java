package io.millrace.broker.produce;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import java.util.concurrent.CompletableFuture;

/** Asks coordinators of transactions whether records may be appended (KIP-890). Thread-safe. */
@FunctionalInterface
public interface TransactionVerifier {
    /**
     * Has the coordinator note that a transaction has records in a partition, and so will have a marker there. May block for a
     * moment.
     *
     * @return completes once that is committed; fails with a {@link BrokerException}: INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED,
     *         INVALID_TXN_STATE, CONCURRENT_TRANSACTIONS, INVALID_REQUEST, or those of a coordinator that is not to be reached
     */
    CompletableFuture<?> verify(String transactionalId, long producerId, short producerEpoch, TopicPartition partition);
}
