package io.millrace.log;

/** A truncation was refused because it would have taken committed records; nothing was changed. */
public final class CommittedRecordsException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private final long highWatermark;

    /**
     * @param offset        where the log was to be cut
     * @param highWatermark the log's
     */
    public CommittedRecordsException(LogName name, long offset, long highWatermark) {
        super("the log of " + name + " is not cut at offset " + offset + ": what is below its high watermark, "
            + highWatermark + ", is committed, and goes only after an unclean election");
        this.highWatermark = highWatermark;
    }

    public long highWatermark() {
        return highWatermark;
    }
}
