package io.millrace.log;

/** Told what the writer did and what readers met, on their threads: thread-safe, must return at once and not throw. */
public interface LogObserver {
    LogObserver NONE = new LogObserver() { };

    /** One force of one file took this long. */
    default void forced(long nanos) {
    }

    /** One drain of the queue wrote this much. */
    default void drained(int appends, long bytes) {
    }

    /** Damage was found: bytes that fail their checksum before the end of the log. */
    default void damaged(CorruptLogException damage) {
    }

    /**
     * Whatever was told of damage to batches that end within a range of a log's offsets does not stand any more: they were
     * replaced, cut off or deleted, which readers see by now, or were read again as they should be.
     *
     * @param from the first offset; 0 with the highest {@code to}: the whole log, with the small files beside it
     * @param to   exclusive; Long.MAX_VALUE: all that is behind
     */
    default void mended(LogName log, long from, long to) {
    }

    /** A small file beside the records is damaged; it is written anew, and no record is lost by it. */
    default void damagedFile(DamagedFile damage) {
    }
}
