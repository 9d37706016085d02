package io.millrace.log.write;

/** Something for the log writer to do. */
sealed interface WriteTask permits PendingAppend, LogTask {
    /** Whether its outcome was told. */
    boolean isTold();

    /** Tells whoever waits that it was not done; without effect when the outcome was told already. */
    void fail(RuntimeException reason);
}
