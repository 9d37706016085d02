package io.millrace.client;

/** Where a record was written. Of a transaction, it is read as committed there only when that is committed. */
public record RecordMetadata(int partition, long offset) {
}
