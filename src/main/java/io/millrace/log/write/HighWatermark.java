package io.millrace.log.write;

import io.millrace.log.Truncation;

/**
 * How far a log is committed: raised by any thread, never above the log's end, which only the log writer moves. Goes back
 * by an unclean truncation and by nothing else. Thread-safe.
 */
final class HighWatermark {
    /** Whether others replicate the log; else all of it is committed as soon as it is durable. */
    private final boolean replicated;
    private long end;
    private volatile long value;

    private HighWatermark(boolean replicated, long value) {
        this.replicated = replicated;
        this.value = value;
    }

    /** Of a log that is one of several replicas: only others know how far it is committed. */
    static HighWatermark replicated(long known) {
        return new HighWatermark(true, known);
    }

    /** Of a log that nobody replicates: its durable end. */
    static HighWatermark ofEnd() {
        return new HighWatermark(false, 0);
    }

    boolean isReplicated() {
        return replicated;
    }

    long value() {
        return value;
    }

    /** Any thread; what is beyond the log's end is not believed, and what is lower changes nothing. */
    synchronized void raise(long offset) {
        value = Math.max(value, Math.min(offset, end));
    }

    /** The log's bounds are about to be these. */
    synchronized void follow(long newStart, long newEnd, long durableEnd) {
        end = newEnd;
        value = replicated ? Math.min(Math.max(value, newStart), newEnd) : durableEnd;
    }

    /**
     * The log is about to end at an offset.
     *
     * @return false, with nothing changed, when that is below the watermark and must not be
     */
    synchronized boolean cutAt(long offset, Truncation truncation) {
        if (replicated && offset < value && truncation == Truncation.CLEAN) {
            return false;
        }
        end = Math.min(end, offset);
        value = Math.min(value, offset);
        return true;
    }
}
