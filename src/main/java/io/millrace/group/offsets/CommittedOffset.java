package io.millrace.group.offsets;

/**
 * How far a group has come in a partition.
 *
 * @param position      where it goes on
 * @param committedAtMs when that was committed, in ms since the epoch
 */
public record CommittedOffset(Position position, long committedAtMs) {
    /** Of the next record to read. */
    public long offset() {
        return position.offset();
    }
}
