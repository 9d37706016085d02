package io.millrace.rest.dialect;

import io.millrace.metadata.ErrorKind;

/** The HTTP status of each kind of error that the broker speaks of. */
public final class ErrorStatus {
    private ErrorStatus() {
    }

    public static int of(ErrorKind kind) {
        return switch (kind) {
            case INVALID_REQUEST, INVALID_TOPIC_NAME -> 400;
            case INTERNAL_TOPIC -> 403;
            case UNKNOWN_TOPIC, UNKNOWN_PARTITION, UNKNOWN_GROUP, UNKNOWN_CONSUMER, NOT_ASSIGNED -> 404;
            case WRONG_FORMAT -> 406;
            case TOPIC_EXISTS, CONSUMER_EXISTS, GROUP_NOT_EMPTY, FENCED, FENCED_INSTANCE_ID, UNKNOWN_TOPIC_ID, ILLEGAL_SUBSCRIPTION,
                 OUT_OF_ORDER_SEQUENCE, INVALID_PRODUCER_EPOCH, IDEMPOTENCY_KEY_IN_USE -> 409;
            case RECORD_TOO_LARGE -> 413;
            case OFFSET_OUT_OF_RANGE, NO_OFFSET -> 416;
            case INVALID_CONFIG, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_BATCH, INVALID_RECORD, INVALID_TIMESTAMP,
                 INVALID_CONSUMER, GROUP_TOO_LARGE, POLICY_VIOLATION, IDEMPOTENCY_KEY_REUSED -> 422;
            case OVERLOADED, UNAVAILABLE, LOG_DIRECTORY_OFFLINE, NOT_LEADER, NOT_ENOUGH_REPLICAS, NOT_COMMITTED,
                 NOT_COORDINATOR, COORDINATOR_LOADING -> 503;
            case CORRUPT_LOG -> 500;
        };
    }
}
