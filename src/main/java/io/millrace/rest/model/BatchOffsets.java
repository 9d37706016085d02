package io.millrace.rest.model;

import jakarta.json.bind.annotation.JsonbPropertyOrder;

/** Where raw batches went: the offsets of their first and last record. */
@JsonbPropertyOrder({"partition", "baseOffset", "lastOffset"})
public record BatchOffsets(int partition, long baseOffset, long lastOffset) {
}
