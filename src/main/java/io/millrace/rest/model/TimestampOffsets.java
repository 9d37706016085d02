package io.millrace.rest.model;

import jakarta.json.bind.annotation.JsonbPropertyOrder;

/**
 * The answer to a look-up by timestamp.
 *
 * @param offset    the first record at or after the timestamp; {@code endOffset} when there is none
 * @param timestamp that record's, in ms since the epoch, or null
 */
@JsonbPropertyOrder({"beginningOffset", "endOffset", "offset", "timestamp"})
public record TimestampOffsets(long beginningOffset, long endOffset, long offset, Long timestamp) {
}
