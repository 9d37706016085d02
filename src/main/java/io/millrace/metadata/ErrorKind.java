package io.millrace.metadata;

/** What went wrong, for listeners to translate; the message of the exception says what to do. */
public enum ErrorKind {
    UNKNOWN_TOPIC, UNKNOWN_PARTITION, TOPIC_EXISTS, INVALID_TOPIC_NAME, INVALID_CONFIG, INVALID_PARTITIONS,
    INVALID_REPLICATION_FACTOR, INVALID_REQUEST, INVALID_BATCH, INVALID_RECORD, INVALID_TIMESTAMP, RECORD_TOO_LARGE, OFFSET_OUT_OF_RANGE,
    /** The topic of that name is not the one that was meant: it was deleted and created anew. */
    UNKNOWN_TOPIC_ID,
    /** The topic's configuration does not allow what was asked. */
    POLICY_VIOLATION,
    /** Queues are full: try again later. */
    OVERLOADED,
    /** Starting, or agreement cannot be reached now: try again later. */
    UNAVAILABLE,
    /** The partition's log directory met an input/output error. */
    LOG_DIRECTORY_OFFLINE,
    /** Stored bytes are damaged and are not served. */
    CORRUPT_LOG,
    /** Another broker leads the partition, or none does now: find the leader and try again. */
    NOT_LEADER,
    /** Fewer replicas are in sync than min.insync.replicas: nothing was written. Try again later. */
    NOT_ENOUGH_REPLICAS,
    /** Written by the leader, but not known to be replicated: it may be there, and may yet be lost. */
    NOT_COMMITTED,
    /** Another broker coordinates the group, or none does now: try again. */
    NOT_COORDINATOR,
    /** This broker is about to coordinate it, and reads what happened before: try again in a moment. */
    COORDINATOR_LOADING,
    /** The topic is the cluster's own: it is read by anyone, and changed by nobody. */
    INTERNAL_TOPIC,
    UNKNOWN_GROUP, UNKNOWN_CONSUMER, CONSUMER_EXISTS, GROUP_NOT_EMPTY,
    /** The group would be larger than a group may be. */
    GROUP_TOO_LARGE,
    /** The caller does not own what it speaks of any more. */
    FENCED,
    /** The caller is known, and may not do that: the message says what. */
    NOT_PERMITTED,
    /** Another consumer was created in its place. */
    FENCED_INSTANCE_ID,
    /** The consumer's kind of subscription does not allow what was asked. */
    ILLEGAL_SUBSCRIPTION,
    /** The partition is not assigned to the consumer. */
    NOT_ASSIGNED,
    INVALID_CONSUMER,
    /** The consumer was created for another format of records. */
    WRONG_FORMAT,
    /** No offset is committed, and the consumer wants no reset. */
    NO_OFFSET,
    /** Records of the idempotent producer before these are missing: nothing was written. */
    OUT_OF_ORDER_SEQUENCE,
    /** A later incarnation of the producer has begun: nothing was written. */
    INVALID_PRODUCER_EPOCH,
    /** The idempotency key was that of another request: nothing was done. */
    IDEMPOTENCY_KEY_REUSED,
    /** A request with the same idempotency key is being carried out, and takes long: ask again. */
    IDEMPOTENCY_KEY_IN_USE,
    /** The producer's last transaction is still being ended: try again in a moment. */
    CONCURRENT_TRANSACTIONS,
    /** The transaction is not in a state that allows what was asked. */
    INVALID_TXN_STATE,
    /** The transactional id has another producer id by now, or has expired: begin anew. */
    INVALID_PRODUCER_ID_MAPPING,
    /** The producer's transaction was ended, or another producer has begun with its transactional id. */
    PRODUCER_FENCED,
    TRANSACTIONAL_ID_NOT_FOUND,
    /** Transactions may not take so long. */
    INVALID_TRANSACTION_TIMEOUT
}
