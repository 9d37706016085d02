package io.millrace.rest.dialect;

import io.millrace.metadata.ErrorKind;

/** The HTTP status of each kind of error that the broker speaks of. */
public final class ErrorStatus {
    /** Names the {@link ErrorKind} of an error that the broker speaks of, for other brokers and for clients. */
    public static final String KIND_HEADER = "Millrace-Error";

    private ErrorStatus() {
    }

    public static int of(ErrorKind kind) {
        return switch (kind) {
            case INVALID_REQUEST, INVALID_TOPIC_NAME -> 400;
            case INTERNAL_TOPIC, NOT_PERMITTED -> 403;
            case UNKNOWN_TOPIC, UNKNOWN_PARTITION, UNKNOWN_GROUP, UNKNOWN_CONSUMER, NOT_ASSIGNED, TRANSACTIONAL_ID_NOT_FOUND -> 404;
            case WRONG_FORMAT -> 406;
            case TOPIC_EXISTS, CONSUMER_EXISTS, GROUP_NOT_EMPTY, FENCED, FENCED_INSTANCE_ID, UNKNOWN_TOPIC_ID, ILLEGAL_SUBSCRIPTION,
                 OUT_OF_ORDER_SEQUENCE, INVALID_PRODUCER_EPOCH, IDEMPOTENCY_KEY_IN_USE, INVALID_TXN_STATE, INVALID_PRODUCER_ID_MAPPING,
                 PRODUCER_FENCED -> 409;
            case RECORD_TOO_LARGE -> 413;
            case OFFSET_OUT_OF_RANGE, NO_OFFSET -> 416;
            case INVALID_CONFIG, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_BATCH, INVALID_RECORD, INVALID_TIMESTAMP,
                 INVALID_CONSUMER, GROUP_TOO_LARGE, POLICY_VIOLATION, IDEMPOTENCY_KEY_REUSED, INVALID_TRANSACTION_TIMEOUT -> 422;
            case OVERLOADED, UNAVAILABLE, LOG_DIRECTORY_OFFLINE, NOT_LEADER, NOT_ENOUGH_REPLICAS, NOT_COMMITTED,
                 NOT_COORDINATOR, COORDINATOR_LOADING, CONCURRENT_TRANSACTIONS -> 503;
            case CORRUPT_LOG -> 500;
        };
    }
}
