package io.millrace.log.compact;

/** Holds a cleaning back, and ends it. */
public interface CleaningPace {
    /**
     * So many bytes were read or written: waits where that was too fast.
     *
     * @throws InterruptedException when the cleaning is to end
     */
    void passed(long bytes) throws InterruptedException;
}
