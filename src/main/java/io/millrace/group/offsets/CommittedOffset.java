package io.millrace.group.offsets;

import java.util.Objects;

/**
 * How far a group has come in a partition.
 *
 * @param position      where it goes on
 * @param committedAtMs when that was committed, in ms since the epoch
 * @param metadata      text of the one who committed, for itself; empty when there is none
 */
public record CommittedOffset(Position position, long committedAtMs, String metadata) {
    public CommittedOffset {
        Objects.requireNonNull(metadata, "metadata");
    }

    /** Without metadata. */
    public CommittedOffset(Position position, long committedAtMs) {
        this(position, committedAtMs, "");
    }

    /** Of the next record to read. */
    public long offset() {
        return position.offset();
    }
}
