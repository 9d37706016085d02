package io.millrace.log.write;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a {@link LogCleaner} is at and has done: written by its thread, read by any. */
public final class CleanerProgress {
    private static final int MOST_NAMED = 20;
    private static final int MOST_DIRTY = 5;

    private final LongAdder bytes = new LongAdder();
    private final LongAdder passes = new LongAdder();
    private final LongAdder removed = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private volatile boolean ended;
    private volatile String current = "";
    private volatile double maxDirtyRatio;
    private volatile List<String> dirtiest = List.of();
    private volatile int due;
    private volatile List<String> failures = List.of();
    private volatile int failed;

    void ended() {
        ended = true;
    }

    /** @param cannot why logs cannot be compacted, by name */
    void looked(List<CleanableLog> logs, int dueLogs, Map<String, String> cannot) {
        List<CleanableLog> dirty = logs.stream().filter(log -> log.dirtyBytes() > 0)
            .sorted(Comparator.comparingDouble(CleanableLog::dirtyRatio).reversed()).limit(MOST_DIRTY).toList();
        maxDirtyRatio = dirty.isEmpty() ? 0 : dirty.get(0).dirtyRatio();
        dirtiest = dirty.stream().map(log -> "%s: %d of %d bytes were not compacted yet".formatted(log.log().name(),
            log.dirtyBytes(), log.cleanBytes() + log.dirtyBytes())).toList();
        due = dueLogs;
        failed = cannot.size();
        failures = cannot.entrySet().stream().map(each -> each.getKey() + ": " + each.getValue()).sorted().limit(MOST_NAMED)
            .toList();
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

    /** Whether its thread has ended, and nobody asked for that. */
    public boolean hasEnded() {
        return ended;
    }

    /** The log that is being compacted, or empty. */
    public String current() {
        return current;
    }

    /** How dirty the dirtiest log was when it was looked last: 0 to 1. */
    public double maxDirtyRatio() {
        return maxDirtyRatio;
    }

    /** The dirtiest logs when it was looked last, a sentence for each. */
    public List<String> dirtiest() {
        return dirtiest;
    }

    /** Logs that were due when it was looked last. */
    public int dueLogs() {
        return due;
    }

    /** Logs that cannot be compacted now. */
    public int failedLogs() {
        return failed;
    }

    /** Which they are and why they cannot, twenty at most. */
    public List<String> failures() {
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
