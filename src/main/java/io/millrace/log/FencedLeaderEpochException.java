package io.millrace.log;

/** An append of a leader that is not the leader any more was refused; nothing was written. */
public final class FencedLeaderEpochException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /**
     * @param epoch  of the leader that appends, or that the batches were fetched from
     * @param newest the epoch that has begun
     */
    public FencedLeaderEpochException(LogName name, int epoch, int newest) {
        super("leader epoch " + epoch + " is out of date in " + name + ": epoch " + newest
            + " has begun, use that or a later one");
    }
}
