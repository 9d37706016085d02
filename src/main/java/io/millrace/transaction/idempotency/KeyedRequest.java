package io.millrace.transaction.idempotency;

import io.millrace.metadata.BrokerException;
import java.util.UUID;

/** A request with an idempotency key. Used by one thread after the other. */
public interface KeyedRequest {
    IdempotencyKey key();

    Fingerprint fingerprint();

    /** Of the topic that its records go to. */
    UUID topicId();

    /** Its records, each in the partition that it names, or that the topic's partitioner has chosen. */
    KeyedRecords records();

    /**
     * Reads its records once more.
     *
     * @param layout where each of them goes
     * @throws BrokerException when that is not possible any more: the topic's configuration was changed
     */
    KeyedRecords records(Layout layout);
}
