package io.millrace.rest.dialect;

import io.millrace.broker.ErrorKind;

/** The HTTP status of each kind of error that the broker speaks of. */
public final class ErrorStatus {
    private ErrorStatus() {
    }

    public static int of(ErrorKind kind) {
        return switch (kind) {
            case INVALID_REQUEST, INVALID_TOPIC_NAME -> 400;
            case UNKNOWN_TOPIC, UNKNOWN_PARTITION -> 404;
            case TOPIC_EXISTS -> 409;
            case RECORD_TOO_LARGE -> 413;
            case OFFSET_OUT_OF_RANGE -> 416;
            case INVALID_CONFIG, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_BATCH -> 422;
            case OVERLOADED, UNAVAILABLE, LOG_DIRECTORY_OFFLINE, NOT_LEADER, NOT_ENOUGH_REPLICAS, NOT_COMMITTED -> 503;
            case CORRUPT_LOG -> 500;
        };
    }
}
