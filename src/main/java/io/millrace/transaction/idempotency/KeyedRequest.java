package io.millrace.transaction.idempotency;

import io.millrace.metadata.BrokerException;
import java.util.UUID;

/** A request with an idempotency key. Used by one thread after the other. */
public interface KeyedRequest {
    IdempotencyKey key();

    Fingerprint fingerprint();

    /** Of the topic that its records go to, as it is now. */
    UUID topicId();

    /**
     * Reads its records, if it is a new one: each goes to the partition that it names, or that the topic's partitioner chooses.
     *
     * @throws RuntimeException what it is answered with, when it cannot be read, or the topic wants no such records: it has
     *                          used no key then
     */
    KeyedRecords records();

    /**
     * Reads its records when it was begun before, which the topic's configuration allowed then: whatever that is now, they are
     * taken.
     *
     * @param layout where each of them goes
     * @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_TOPIC_ID when there is another topic of the name
     */
    KeyedRecords records(Layout layout);
}
