package io.millrace.group.delivery;

import io.millrace.group.membership.RecordForm;
import io.millrace.replica.hosting.ReadMemory;
import java.util.Set;

/**
 * @param forms    that the client takes; null: whichever the consumer has
 * @param maxBytes at most this many bytes of batches, but at least one batch
 * @param waitMs   how long to wait when there is nothing, in ms; -1: not said
 * @param source   how it came here
 * @param behind   number of the poll that this one goes on behind, as the next of a stream: it is refused when the consumer polled
 *                 otherwise since; {@link #NONE}: it stands for itself, and ends what goes on; {@link #FIRST}: so does the first of
 *                 a stream
 * @param memory   for what is read; what the answer gives out stays taken of it
 */
public record PollRequest(Set<RecordForm> forms, int maxBytes, long waitMs, Source source, long behind, ReadMemory memory) {
    public static final long NOT_SAID = -1;
    public static final long NONE = 0;
    public static final long FIRST = -1;

    public PollRequest {
        forms = forms == null ? null : Set.copyOf(forms);
    }

    /** One whose memory nobody counts. */
    public PollRequest(Set<RecordForm> forms, int maxBytes, long waitMs, Source source) {
        this(forms, maxBytes, waitMs, source, NONE, ReadMemory.UNBOUNDED);
    }

    /** The same, with this memory. */
    public PollRequest with(ReadMemory counted) {
        return new PollRequest(forms, maxBytes, waitMs, source, behind, counted);
    }

    public PollRequest withoutWait() {
        return new PollRequest(forms, maxBytes, 0, source, behind, memory);
    }

    /** The first one of a stream, which does not wait. */
    public PollRequest first() {
        return new PollRequest(forms, maxBytes, 0, source, FIRST, memory);
    }

    /** Whether its answer is part of a stream. */
    public boolean isPart() {
        return behind != NONE;
    }

    /** Whether it goes on behind another one. */
    public boolean goesOn() {
        return behind > NONE;
    }

    /**
     * The next one of a stream, which waits for as long as a session allows, whatever the consumer's request.timeout.
     *
     * @param poll number of the one before, which was answered by the same way
     */
    public PollRequest behind(long poll, long nextWaitMs) {
        return new PollRequest(forms, maxBytes, nextWaitMs, new Source(source.entry(), null, null), poll, memory);
    }

    /**
     * How a request of a consumer came here, and what is known of the answer to its last poll.
     *
     * @param entry    id of the broker that the consumer asked
     * @param received number of the last poll with records whose answer the consumer says it got, 0: of none; null: it does
     *                 not say
     * @param vouched  number of the last poll with records whose answer that broker wrote to the consumer; {@link #NONE}: it
     *                 could not; null: it knows of none
     */
    public record Source(int entry, Long received, Long vouched) {
        public static final long NONE = -1;

        /** Nothing is known. */
        public static final Source SILENT = new Source(-1, null, null);
    }
}
