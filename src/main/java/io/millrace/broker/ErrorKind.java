package io.millrace.broker;

/** What went wrong, for listeners to translate; the message of the exception says what to do. */
public enum ErrorKind {
    UNKNOWN_TOPIC, UNKNOWN_PARTITION, TOPIC_EXISTS, INVALID_TOPIC_NAME, INVALID_CONFIG, INVALID_PARTITIONS,
    INVALID_REPLICATION_FACTOR, INVALID_REQUEST, INVALID_BATCH, RECORD_TOO_LARGE, OFFSET_OUT_OF_RANGE,
    /** Queues are full: try again later. */
    OVERLOADED,
    /** Starting, or agreement cannot be reached now: try again later. */
    UNAVAILABLE,
    /** The partition's log directory met an input/output error. */
    LOG_DIRECTORY_OFFLINE,
    /** Stored bytes are damaged and are not served. */
    CORRUPT_LOG
}
