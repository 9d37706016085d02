package io.millrace.log.write;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/** What a {@link LogCleaner} is at and has done: written by its thread, read by any. */
public final class CleanerProgress {
    private static final int MOST_NAMED = 20;

    private final LongAdder bytes = new LongAdder();
    private final LongAdder passes = new LongAdder();
    private final LongAdder removed = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private volatile boolean running;
    private volatile String current = "";
    private volatile double maxDirtyRatio;
    private volatile int due;
    private volatile Map<String, String> failures = Map.of();
    private volatile int failed;

    void began() {
        running = true;
    }

    void ended() {
        running = false;
    }

    void looked(double dirtiest, int dueLogs, Map<String, String> cannot) {
        maxDirtyRatio = dirtiest;
        due = dueLogs;
        failed = cannot.size();
        failures = cannot.entrySet().stream().sorted(Map.Entry.comparingByKey()).limit(MOST_NAMED)
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    void begins(String log) {
        current = log;
    }

    void ends() {
        current = "";
    }

    void passed(long count) {
        bytes.add(count);
    }

    void cleaned(long records, long duration) {
        passes.increment();
        removed.add(records);
        nanos.add(duration);
    }

    /** Whether its thread is there. */
    public boolean isRunning() {
        return running;
    }

    /** The log that is being compacted, or empty. */
    public String current() {
        return current;
    }

    /** How dirty the dirtiest log was when it was looked last: 0 to 1. */
    public double maxDirtyRatio() {
        return maxDirtyRatio;
    }

    /** Logs that were due when it was looked last. */
    public int dueLogs() {
        return due;
    }

    /** Logs that cannot be compacted now. */
    public int failedLogs() {
        return failed;
    }

    /** Why they cannot, by name, of twenty at most. */
    public Map<String, String> failures() {
        return failures;
    }

    /** Bytes that were read, and those that were written, by now. */
    public long bytes() {
        return bytes.sum();
    }

    /** Passes over a log by now. */
    public long passes() {
        return passes.sum();
    }

    /** Records that gave way to newer ones by now. */
    public long removedRecords() {
        return removed.sum();
    }

    /** How long all passes took, in ns. */
    public long nanos() {
        return nanos.sum();
    }
}
