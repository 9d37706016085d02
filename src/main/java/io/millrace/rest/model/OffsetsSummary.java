package io.millrace.rest.model;

import jakarta.json.bind.annotation.JsonbPropertyOrder;

/** The first offset that can be fetched, and the one after the last. */
@JsonbPropertyOrder({"beginningOffset", "endOffset"})
public record OffsetsSummary(long beginningOffset, long endOffset) {
}
