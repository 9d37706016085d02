package io.millrace.log;

/** When appended bytes are forced to disk. */
public enum FlushPolicy {
    /** Before the append is acknowledged, by group commit. */
    COMMIT,
    /** In the background, at the directory's interval. */
    INTERVAL,
    /** When the operating system likes. */
    OS
}
