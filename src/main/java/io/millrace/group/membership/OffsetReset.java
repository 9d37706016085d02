package io.millrace.group.membership;

/** Where a consumer begins in a partition of which its group has no committed offset, or one that is not there any more. */
public enum OffsetReset {
    EARLIEST, LATEST,
    /** Nowhere: its poll fails, and says so. */
    NONE
}
