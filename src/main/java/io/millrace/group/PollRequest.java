package io.millrace.group;

/**
 * @param form     that the records are to have; must be the consumer's own
 * @param maxBytes at most this many bytes of batches, but at least one batch
 * @param waitMs   how long to wait when there is nothing, in ms; -1: not said
 */
public record PollRequest(RecordForm form, int maxBytes, long waitMs) {
    public static final long NOT_SAID = -1;
}
