package io.millrace.replica.hosting;

/** Where a fetch begins. */
public sealed interface FetchPosition {
    record AtOffset(long offset) implements FetchPosition {
    }

    record Earliest() implements FetchPosition {
    }

    /** The high watermark: what comes from now on. */
    record Latest() implements FetchPosition {
    }

    /**
     * The first record with this timestamp (ms since the epoch) or a later one; as {@link Latest} when there is none.
     */
    record AtTimestamp(long timestamp) implements FetchPosition {
    }
}
