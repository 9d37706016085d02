package io.millrace.broker.produce;

import java.util.concurrent.CompletableFuture;

/** Asks coordinators whether markers are on their way, before a transaction is taken for one that lost its. Thread-safe. */
@FunctionalInterface
public interface EarlierTransactions {
    /**
     * Waits until the coordinator has nothing of earlier transactions of the producer to bring to partitions any more: what is open
     * somewhere then has lost its marker. The coordinator notes nothing. May block for a moment.
     *
     * @return fails as {@link TransactionVerifier#verify}
     */
    CompletableFuture<?> awaitEnd(String transactionalId, long producerId, short producerEpoch);
}
