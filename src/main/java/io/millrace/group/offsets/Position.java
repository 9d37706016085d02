package io.millrace.group.offsets;

/**
 * Where reading goes on in a partition.
 *
 * @param offset      of the next record to read
 * @param leaderEpoch of the record before that, as it was read, or {@link #NO_EPOCH}
 */
public record Position(long offset, int leaderEpoch) {
    /** It is not known. */
    public static final int NO_EPOCH = -1;

    /** A position of which nothing more is known. */
    public static Position at(long offset) {
        return new Position(offset, NO_EPOCH);
    }
}
