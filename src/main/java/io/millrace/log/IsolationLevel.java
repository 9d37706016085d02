package io.millrace.log;

/** What a reader is given of transactions (KIP-98, {@code isolation.level}). */
public enum IsolationLevel {
    /** Everything up to the high watermark, whatever becomes of the transactions that it is part of. */
    READ_UNCOMMITTED,
    /** What is up to the last stable offset, and nothing of aborted transactions. */
    READ_COMMITTED
}
