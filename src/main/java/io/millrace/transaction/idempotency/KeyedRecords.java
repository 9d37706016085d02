package io.millrace.transaction.idempotency;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.metadata.BrokerException;
import java.util.concurrent.CompletableFuture;

/** The records of a request, read, to be appended once. */
public interface KeyedRecords {
    /**
     * Where each of them goes.
     *
     * @throws BrokerException RECORD_TOO_LARGE when there are too many for a request with a key, or for one batch in a partition
     */
    Layout layout();

    /**
     * Appends them, in each partition with sequences from 0 on: where its log has them already, it answers with their offsets.
     *
     * @return completes with where they are; some may have failed. Fails with a {@link BrokerException} when nothing was
     *         appended, as far as is known
     */
    CompletableFuture<ProduceResult> append(long producerId, short producerEpoch);
}
