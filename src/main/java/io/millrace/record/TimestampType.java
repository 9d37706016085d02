package io.millrace.record;

/** Whose clock a record's timestamp comes from: the producer's, or this server's at the append. */
public enum TimestampType {
    CREATE_TIME, LOG_APPEND_TIME
}
