package io.millrace.group.offsets;

/** Where committed offsets are to be set. */
public sealed interface OffsetTarget {
    record Earliest() implements OffsetTarget {
    }

    record Latest() implements OffsetTarget {
    }

    /** The first record with this timestamp (ms since the epoch) or a later one; as {@link Latest} when there is none. */
    record AtTimestamp(long timestamp) implements OffsetTarget {
    }

    /** This offset, or the nearest that there is. */
    record AtOffset(long offset) implements OffsetTarget {
    }

    /** So many records on from what is committed, or back when negative; within what there is. */
    record By(long records) implements OffsetTarget {
    }
}
