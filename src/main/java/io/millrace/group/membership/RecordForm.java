package io.millrace.group.membership;

/** How a consumer wants its records. */
public enum RecordForm {
    JSON, BINARY, TEXT,
    /** Record batches as they are stored. */
    RAW
}
