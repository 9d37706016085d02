package io.millrace.log.write;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogObserver;
import io.millrace.log.segment.GatheringWriter;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Carries out what waits in the queue: all of it at once, so that appends which came at the same time share a write for
 * each log and a force (group commit). One thread only: the one in {@link LogDirectory#run()}.
 */
final class DirectoryWriter {
    private final WriteQueue queue;
    private final long flushIntervalNanos;
    private final LongSupplier nanoTime;
    private final LogObserver observer;
    private final GroupForce forces;
    private final GatheringWriter gathering = new GatheringWriter();
    /** Logs whose last bytes wait for the interval to end before they are forced. */
    private final Set<WritableLog> unforced = new LinkedHashSet<>();
    private long nextFlush;

    /** @param nanoTime measures the interval, in ns */
    DirectoryWriter(WriteQueue queue, long flushIntervalMs, LongSupplier nanoTime, GroupForce forces,
                    LogObserver observer) {
        this.queue = queue;
        this.forces = forces;
        this.flushIntervalNanos = TimeUnit.MILLISECONDS.toNanos(flushIntervalMs);
        this.nanoTime = nanoTime;
        this.observer = observer;
    }

    /** How long the writer may wait for work, in ns. */
    long maxWaitNanos() {
        return unforced.isEmpty() ? Long.MAX_VALUE : nextFlush - nanoTime.getAsLong();
    }

    /**
     * Appends to the same log share a write unless another task stands between them. Whoever waits for an append is
     * told after the log's flush policy holds; whoever is not told when this throws, is to be told that the directory
     * failed.
     */
    void carryOut(List<WriteTask> tasks) throws IOException {
        List<PendingAppend> group = new ArrayList<>();
        for (WriteTask task : tasks) {
            if (task instanceof PendingAppend append) {
                group.add(append);
            } else if (task instanceof LogTask<?> other) {
                commit(group);
                group.clear();
                other.carryOut();
            }
        }
        commit(group);
        flushWhenDue();
    }

    private void commit(List<PendingAppend> group) throws IOException {
        if (group.isEmpty()) {
            return;
        }
        Map<PartitionLog, List<PendingAppend>> byLog = new LinkedHashMap<>();
        long bytes = 0;
        for (PendingAppend append : group) {
            byLog.computeIfAbsent(append.log(), log -> new ArrayList<>()).add(append);
            bytes += append.bytes();
        }
        Map<PartitionLog, List<PendingAppend>> toForce = new LinkedHashMap<>();
        for (Map.Entry<PartitionLog, List<PendingAppend>> entry : byLog.entrySet()) {
            PartitionLog log = entry.getKey();
            FlushPolicy policy = log.config().flush();
            log.writable().write(entry.getValue(), gathering);
            if (policy == FlushPolicy.COMMIT) {
                toForce.put(log, entry.getValue());
                continue;
            }
            if (policy == FlushPolicy.INTERVAL) {
                forceLater(log.writable());
            }
            log.writable().publish(policy);
            complete(entry.getValue());
        }
        force(toForce);
        observer.drained(group.size(), bytes);
    }

    /** Others see what was written before it is forced: they can copy it meanwhile. */
    private void force(Map<PartitionLog, List<PendingAppend>> written) throws IOException {
        written.keySet().forEach(log -> log.writable().publish(FlushPolicy.COMMIT));
        written.keySet().forEach(PartitionLog::tellWritten);
        force(written.keySet().stream().map(PartitionLog::writable).toList());
        written.values().forEach(this::complete);
    }

    private void force(Collection<WritableLog> logs) throws IOException {
        List<Segment> segments = new ArrayList<>();
        for (WritableLog log : logs) {
            log.beginForce().ifPresent(segments::add);
        }
        forces.force(segments);
        logs.forEach(WritableLog::endForce);
    }

    private void complete(List<PendingAppend> appends) {
        long bytes = 0;
        for (PendingAppend append : appends) {
            bytes += append.bytes();
        }
        queue.release(appends.size(), bytes);
        appends.forEach(PendingAppend::complete);
    }

    /** Tells the outcome of a task that was not carried out, and counts it no longer; without effect on others. */
    void giveUp(WriteTask task, RuntimeException reason) {
        if (!task.isTold()) {
            if (task instanceof PendingAppend append) {
                queue.release(1, append.bytes());
            }
            task.fail(reason);
        }
    }

    private void forceLater(WritableLog log) {
        if (unforced.isEmpty()) {
            nextFlush = nanoTime.getAsLong() + flushIntervalNanos;
        }
        unforced.add(log);
    }

    private void flushWhenDue() throws IOException {
        if (!unforced.isEmpty() && nextFlush - nanoTime.getAsLong() <= 0) {
            force(unforced);
            unforced.clear();
        }
    }

    /** The log is about to be closed: nothing of it is to be forced any more. */
    void forget(WritableLog log) {
        unforced.remove(log);
    }
}
