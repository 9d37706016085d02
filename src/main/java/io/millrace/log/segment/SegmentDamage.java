package io.millrace.log.segment;

import io.millrace.log.CorruptLogException;

/** A damaged place in one segment; the log that knows topic and partition makes a {@link CorruptLogException} of it. */
public final class SegmentDamage extends Exception {
    private static final long serialVersionUID = 1L;

    private final long position;
    private final long nextOffset;

    /** @param nextOffset first offset behind the damage */
    public SegmentDamage(String reason, long position, long nextOffset) {
        super(reason, null, false, false);
        this.position = position;
        this.nextOffset = nextOffset;
    }

    long position() {
        return position;
    }

    /** The first offset behind it. */
    public long nextOffset() {
        return nextOffset;
    }

    /** The last offset that no intact batch holds. */
    long lastOffset() {
        return nextOffset - 1;
    }
}
