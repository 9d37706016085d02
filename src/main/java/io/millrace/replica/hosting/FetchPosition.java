package io.millrace.replica.hosting;

/** Where a fetch begins. */
public sealed interface FetchPosition {
    /**
     * @param lastEpoch leader epoch of the record before the offset, when the reader knows it, else -1: the fetch fails when that
     *                  record is not in the log any more
     */
    record AtOffset(long offset, int lastEpoch) implements FetchPosition {
        /** By a reader that does not know the epoch of the record before. */
        public AtOffset(long offset) {
            this(offset, -1);
        }
    }

    /**
     * Where the records of a leader epoch end, or of the last one before it that the log has: a reader of that epoch who is further
     * on has read what was cut off since. As {@link Latest} where the log has none of those.
     */
    record EndOfEpoch(int epoch) implements FetchPosition {
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
