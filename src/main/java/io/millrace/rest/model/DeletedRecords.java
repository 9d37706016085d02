package io.millrace.rest.model;

/** @param beginningOffset the first offset that can be fetched now */
public record DeletedRecords(long beginningOffset) {
}
