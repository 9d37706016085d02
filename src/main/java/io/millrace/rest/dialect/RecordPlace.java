package io.millrace.rest.dialect;

/** Where a record is that an error is about, so that a reader can step over it: by going on from the offset after it. */
public record RecordPlace(String topic, int partition, long offset) {
}
